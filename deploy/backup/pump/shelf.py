"""A folder as a store: bytes are written beside their place, and put there when committed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Shelf:
    """Writes one file; `options` are its `partial` path. Committing is a rename, done elsewhere."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._path = Path(options["partial"])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("xb")

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self._file.write(data)

    def finish(self) -> dict[str, Any]:
        """Have all of it on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return {}
