"""The stages that bytes go through: each a process, each with an exit code that is asked for."""

import fcntl
import hashlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import IO, Any, Literal

CHUNK = 1 << 20  # bytes read at once, and what a pipe holds
_EXIT_WAIT = 60.0  # seconds until the exit code of a process outside of here must be there


class Failed(Exception):
    """A stage failed: which one, and why."""

    def __init__(self, stage: str, why: str) -> None:
        self.stage, self.why = stage, why
        super().__init__(f"{stage}: {why}")


class Meter:
    """Counts and hashes bytes on their way."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    def see(self, data: bytes | memoryview) -> None:
        """Count `data`."""
        self.size += len(data)
        self._hash.update(data)

    @property
    def digest(self) -> dict[str, Any]:
        """Return the number of bytes and their SHA-256."""
        return {"size": self.size, "sha256": self._hash.hexdigest()}


class Stage:
    """One process of a pipeline. The last lines that it says on standard error are kept."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        source: int | IO[bytes] = subprocess.PIPE,
        sink: int = subprocess.PIPE,
        keep: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._process = subprocess.Popen(
            argv, stdin=source, stdout=sink, stderr=subprocess.PIPE, pass_fds=tuple(keep)
        )
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        for stream in (self._process.stdin, self._process.stdout):
            widen(stream)

    @property
    def stdin(self) -> IO[bytes]:
        """Where it reads from."""
        return piped(self._process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """Where it writes to."""
        return piped(self._process.stdout)

    def end(self, *fine: int) -> tuple[int, tuple[str, ...]]:
        """Wait; return exit code and what it said. Raises `Failed` unless it is 0 or `fine`."""
        code = self._process.wait()
        self._listener.join(timeout=5)
        if code not in (0, *fine):
            raise Failed(self.name, f"exit code {code}: {self.words()}")
        return code, tuple(self._said)

    def words(self) -> str:
        """Return what says most of what it said."""
        return gist(self._said)

    def _listen(self) -> None:
        for line in piped(self._process.stderr):
            self._said.append(line.decode(errors="replace").rstrip())
            del self._said[:-200]


class Outside:
    """A process that others started, at the far end of a named pipe.

    It leaves a file: its exit code in the first line, what it said in those after it.
    """

    def __init__(self, name: str, pipe: str, exit_file: str) -> None:
        self.name, self._pipe, self._exit = name, Path(pipe), Path(exit_file)

    def open(self, mode: Literal["rb", "wb"]) -> FileIO:
        """Open the pipe to read or to write; this waits for the other side."""
        stream = self._pipe.open(mode, buffering=0)
        widen(stream)
        return stream

    def end(self) -> str:
        """Wait for its exit code; return what it said. Raises `Failed` unless it is 0."""
        code, said = self.ended()
        if code:
            raise Failed(self.name, f"exit code {code}: {gist(said.splitlines())}")
        return said.strip()

    def ended(self, patience: float = _EXIT_WAIT) -> tuple[int, str]:
        """Wait for its exit code, so many seconds; return it, and what it said."""
        until = time.monotonic() + patience
        while not self._exit.exists():
            if time.monotonic() > until:
                raise Failed(self.name, "its exit code never came")
            time.sleep(0.05)
        code, _, said = self._exit.read_text(errors="replace").partition("\n")
        return int(code), said


def gist(lines: Sequence[str]) -> str:
    """Return the first line that tells of an error, or else the last one.

    pg_restore shows a long command after it, and psql what it was about.
    """
    said = [line.strip() for line in lines if line.strip()]
    errors = [line for line in said if "error:" in line.lower()]
    return (errors or said[-1:] or ["it said nothing"])[0]


def piped(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a stream of a process that was started with a pipe for it."""
    if stream is None:
        message = "this stream is no pipe"
        raise ValueError(message)
    return stream


def widen(stream: IO[bytes] | FileIO | None) -> None:
    """Let the pipe of `stream` hold as much as is read at once, where the system allows it."""
    if stream is None:
        return
    try:
        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, CHUNK)
    except OSError:
        return


def chunks(stream: IO[bytes] | FileIO) -> Iterator[bytes]:
    """Yield what comes, as it comes."""
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    while data := read(CHUNK):
        yield data


class Copying(threading.Thread):
    """Copies in the background through a meter. `join` tells what went wrong."""

    def __init__(self, stage: str, source: IO[bytes] | FileIO, sink: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.meter = Meter()
        self._stage, self._source, self._sink = stage, source, sink
        self._why = ""
        self.start()

    def run(self) -> None:
        """Copy to the end."""
        try:
            for data in chunks(self._source):
                self.meter.see(data)
                self._sink.write(data)
            self._sink.close()
        except OSError as error:
            self._why = error.strerror or str(error)
        finally:
            self._source.close()

    def end(self) -> Meter:
        """Wait for the end. Raises `Failed`."""
        self.join()
        if self._why:
            raise Failed(self._stage, self._why)
        return self.meter
