"""Connects a command on a machine with this terminal, byte by byte."""

import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from typing import BinaryIO

from invoke.exceptions import Exit

from deploy.host import Command, Host

_CHUNK = 16 * 1024
_DAY = 86_400.0
_INTERRUPTED = 130


def stream(
    host: Host, argv: tuple[str, ...], *, terminal: bool = False, endless: bool = False
) -> None:
    """Run `argv` with our standard streams until it ends; its exit code becomes ours.

    Ctrl-C and SIGTERM are how an `endless` one ends; of another they make a 130.
    """
    process = host.start(Command(argv, timeout=_DAY), terminal=terminal)
    if process.stdout is None:  # a local command shares our terminal
        code = process.wait()
    else:
        outputs = [
            threading.Thread(target=_copy, args=(process.stdout, sys.stdout.buffer), daemon=True),
            threading.Thread(target=_copy, args=(process.stderr, sys.stderr.buffer), daemon=True),
        ]
        threading.Thread(target=_type, args=(process.stdin,), daemon=True).start()
        with _raw() if terminal else contextlib.nullcontext():
            for thread in outputs:
                thread.start()
            try:
                code = process.wait()
            except KeyboardInterrupt:
                process.kill()
                code = 0 if endless else _INTERRUPTED
        for thread in outputs:
            thread.join(timeout=5)
    if code:
        raise Exit(code=code)


def _copy(source: BinaryIO, sink: BinaryIO) -> None:
    read = getattr(source, "read1", source.read)
    with contextlib.suppress(OSError, ValueError):
        while chunk := read(_CHUNK):
            sink.write(chunk)
            sink.flush()


def _type(sink: BinaryIO) -> None:
    """Pass on what is typed, or what comes in a pipe, until its end."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = sys.stdin.fileno()
        while True:
            select.select([descriptor], [], [])
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                break
            sink.write(chunk)
            sink.flush()
        sink.close()


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    """Give every key to the other side, Ctrl-C included."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
