"""The protocol that every way to a machine speaks, and what is built on it alone."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import BinaryIO, Protocol

from deploy.errors import CommandFailed, CommandTimedOut, EngineError, Unreachable
from deploy.host.command import Command, Result

CHUNK = 32 * 1024


class Process(Protocol):
    """A started command with three binary streams."""

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code, or None when `timeout` seconds passed first.

        Raises `Unreachable` where the machine went away.
        """

    def kill(self) -> None:
        """Stop it, or at least stop listening to it."""


class Host(Protocol):
    """A machine where commands run."""

    @property
    def name(self) -> str:
        """Return what errors and plans call it."""

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start `command` and return at once. Raises `HostError`."""

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Run `command` to its end; `watch` sees each line of its output as it comes.

        Raises `HostError`; a non-zero exit code is a `Result`, not an error.
        """

    def close(self) -> None:
        """Let go of the machine. Harmless when called twice."""


def communicate(
    host: str, process: Process, command: Command, watch: Callable[[str], None] | None = None
) -> Result:
    """Feed a started `command`, collect both outputs, and wait for its end.

    Raises `CommandTimedOut` after `command.timeout` seconds, and `Unreachable`.
    """
    begun = time.monotonic()
    output, errors = _Collector(process.stdout, watch), _Collector(process.stderr)
    feeder = threading.Thread(target=_feed, args=(process.stdin, command.stdin), daemon=True)
    threads = [feeder, output.thread, errors.thread]
    try:
        for thread in threads:
            thread.start()
        code = process.wait(command.timeout)
    except BaseException:
        process.kill()
        raise
    seconds = time.monotonic() - begun
    if code is None:
        process.kill()
        raise CommandTimedOut(
            host,
            f"`{command.label}` took longer than {command.timeout:.0f} s",
            "look at the machine's load and disk, then run it again",
            detail=errors.data.decode(errors="replace"),
        )
    for thread in threads[1:]:
        thread.join(timeout=10)
    return Result(code, bytes(output.data), bytes(errors.data), seconds)


def check(host: str, command: Command, result: Result) -> Result:
    """Return `result`, or raise `CommandFailed` with its standard error when it is not 0."""
    if result.ok:
        return result
    raise CommandFailed(
        host,
        f"`{command.label}` ended with exit code {result.exit_code}",
        result.error_text.splitlines()[-1] if result.error_text else "",
        detail=result.error_text,
    )


def lost(host: str, why: str) -> Unreachable:
    """Return the error for a connection that broke."""
    return Unreachable(
        host,
        f"the connection broke ({why})",
        "see that the machine is up and run the same command again: it finds out where it stopped",
    )


def may_not_write(host: str, user: str, root: str) -> EngineError:
    """Return the error for a folder that was never prepared."""
    return EngineError(
        host,
        f"user {user} may not write to {root}",
        f"prepare the folder once: `sudo install -d -o {user} {root}`",
    )


def first_line(process: Process, patience: float) -> str:
    """Return the first line of standard output, or nothing where none came in so many seconds."""
    answer = bytearray()
    done = threading.Event()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            while not answer.endswith(b"\n"):
                chunk = process.stdout.read(1)
                if not chunk:
                    break
                answer.extend(chunk)
        done.set()

    threading.Thread(target=read, daemon=True).start()
    end = time.monotonic() + patience
    while not done.wait(0.05) and time.monotonic() < end:
        continue
    return answer.decode(errors="replace").strip()


class _Collector:
    """Reads a stream to its end in a thread of its own."""

    def __init__(self, stream: BinaryIO, watch: Callable[[str], None] | None = None) -> None:
        self.data = bytearray()
        self._stream = stream
        self._watch = watch
        self._seen = 0
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        read = getattr(self._stream, "read1", self._stream.read)
        try:
            while chunk := read(CHUNK):
                self.data += chunk
                self._show()
        except (OSError, ValueError):
            return
        finally:
            self._stream.close()

    def _show(self) -> None:
        while self._watch and (end := self.data.find(b"\n", self._seen)) >= 0:
            line = self.data[self._seen : end].decode(errors="replace")
            self._seen = end + 1
            self._watch(line)


def _feed(stream: BinaryIO, data: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):
        stream.writelines(data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
        stream.flush()
    with contextlib.suppress(OSError, ValueError):
        stream.close()
