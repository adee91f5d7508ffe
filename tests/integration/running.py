"""An `inv` under way: what it has said so far, and how it ends."""

import threading
from typing import IO

from stage import Stage, wait_until
from workspace import Ended


class Running:
    """Starts `inv` and reads both its outputs as they come, so that a fault can wait for a line."""

    def __init__(self, stage: Stage, *arguments: str, **variables: str) -> None:
        process = self._process = stage.type(*arguments, **variables)
        self._out: list[str] = []
        self._err: list[str] = []
        streams = ((process.stdout, self._out), (process.stderr, self._err))
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True) for pair in streams
        ]
        for reader in self._readers:
            reader.start()

    def says(self, word: str, seconds: float = 60) -> None:
        """Wait until it has said `word`."""
        wait_until(lambda: self._said(word) or not self._readers[0].is_alive(), seconds)
        assert self._said(word), "".join(self._out + self._err)

    def ends(self, seconds: float = 180) -> Ended:
        """Wait until it has ended by itself."""
        try:
            code = self._process.wait(seconds)
        finally:
            self._process.kill()
        for reader in self._readers:
            reader.join(10)
        return Ended(code, "".join(self._out), "".join(self._err))

    def _said(self, word: str) -> bool:
        return any(word in line for line in list(self._out))

    @staticmethod
    def _read(stream: IO[str], lines: list[str]) -> None:
        with stream:
            while line := stream.readline():
                lines.append(line)
