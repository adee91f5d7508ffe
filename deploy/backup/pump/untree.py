"""Unpacks what `tree` has packed as changes: first removes what is gone, then lets tar unpack.

python3 -m pump.untree FOLDER tar ARGUMENT…
"""

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .stages import piped

_BLOCK = 1 << 20


def main(folder: Path, tar: Sequence[str]) -> int:
    """Return the exit code of tar."""
    taken = _Taken(sys.stdin.buffer)
    with tarfile.open(fileobj=taken, mode="r|") as archive:
        member = archive.next()
        listed = archive.extractfile(member) if member else None
        if member is None or listed is None:
            print("its first member is no list of what is gone", file=sys.stderr)
            return 2
        remove(os.fsencode(folder), listed.read().split(b"\0")[:-1])
    argv = [*tar, "--anchored", "--no-wildcards", f"--exclude={member.name}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as unpacking:
        stream = piped(unpacking.stdin)
        stream.write(taken.said)
        shutil.copyfileobj(sys.stdin.buffer, stream, _BLOCK)
        stream.close()
    return unpacking.returncode


def remove(folder: bytes, names: Sequence[bytes]) -> None:
    """Remove what is named, below `folder`; what is not there is removed already."""
    for name in names:
        path = os.path.join(folder, name)  # noqa: PTH118 - of bytes
        try:
            if stat.S_ISDIR(os.lstat(path).st_mode):
                shutil.rmtree(path)
            else:
                os.unlink(path)  # noqa: PTH108 - of bytes
        except (FileNotFoundError, NotADirectoryError):
            continue


class _Taken(io.BufferedIOBase):
    """A stream that remembers what was read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream, self.said = stream, bytearray()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and remember it."""
        data = self._stream.read(-1 if size is None else size)
        self.said += data
        return data


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
