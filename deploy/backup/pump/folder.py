"""A store in a folder: its file is at the far end of a pipe, where whoever deploys may write it.

The pump is root in a container, and the server of a share need not believe that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .stages import Failed, Outside, chunks

STORE = "store"
GONE = 65  # how what reads ends where there is no file
_PATIENCE = 3600.0  # seconds until all bytes are on a disk that is slow


class Writer:
    """Gives what it is given to what writes the file."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self._file = _at(job)
        self._stream = self._file.open("wb")
        self._size = 0

    def write(self, data: bytes) -> None:
        """Take bytes. Raises `Failed`."""
        try:
            self._stream.write(data)
        except BrokenPipeError:
            self._stream.close()
            _end(self._file)
            raise Failed(STORE, "it ended too early") from None
        self._size += len(data)

    def finish(self) -> dict[str, Any]:
        """Wait until all is on the disk; return it as one part with its size. Raises `Failed`."""
        self._stream.close()
        _end(self._file)
        return {"parts": [{"number": 1, "etag": str(self._size)}]}


def read(job: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield what is in the file. Raises `Failed`."""
    file = _at(job)
    with file.open("rb") as stream:
        yield from chunks(stream)
    _end(file)


def _end(file: Outside) -> None:
    """Wait until it has ended, well. What it says first is why it did not."""
    code, said = file.ended(_PATIENCE)
    if code == GONE:
        raise Failed("compare", "the store has it no longer")
    if code:
        raise Failed(STORE, said.partition("\n")[0] or f"exit code {code}")


def _at(job: Mapping[str, Any]) -> Outside:
    return Outside(STORE, job["pipe"], job["exit"])
