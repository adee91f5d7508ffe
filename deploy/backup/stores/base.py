"""What a store is asked for, and the values it speaks in. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """An object of a store: its key, its size in bytes, and when it was written."""

    key: str
    size: int
    modified: datetime
    """By the store's clock, with its time zone."""


@dataclass(frozen=True)
class Upload:
    """An object that is being sent in parts. It does not exist before it is completed."""

    key: str
    id: str
    begun: datetime
    """By the store's clock, with its time zone."""


@dataclass(frozen=True)
class Kept:
    """An object that could not be removed, because it is locked."""

    key: str
    until: datetime | None = None
    """None where the store does not say: a legal hold, or a lock that we may not look at."""


class Store(Protocol):
    """A place for objects that are written once. Keys are relative to where the store begins.

    Every method raises `StoreUnreachable` where there is no answer, `StoreRefused` where the
    credentials do not suffice, and `StoreError` where something else is wrong.
    """

    def keys(self, prefix: str) -> Iterator[Entry]:
        """Yield every object whose key begins with `prefix`, by key. Raises, and is never short."""

    def read(self, key: str) -> bytes:
        """Return a small object whole. Raises `NotThere`."""

    def write(self, key: str, data: bytes) -> None:
        """Write a small object. Raises `AlreadyThere`, and then has written nothing."""

    def remove(self, keys: Iterable[str]) -> tuple[Kept, ...]:
        """Remove objects with all their versions; return those that a lock keeps.

        An object that is not there counts as removed.
        """

    def begin(self, key: str) -> Upload:
        """Begin to send an object in parts."""

    def part_urls(self, upload: Upload, numbers: Iterable[int], seconds: int) -> dict[int, str]:
        """Sign a URL for each part number, the first is 1; who has it may PUT that part, no more.

        Each is a secret for `seconds`, at most until the credentials that signed it expire.
        """

    def complete(self, upload: Upload, etags: Mapping[int, str]) -> None:
        """Make the object of its parts: number → the ETag that answered the part.

        Raises `AlreadyThere`, and then the upload is still there; `NotThere` where it is gone.
        """

    def abort(self, upload: Upload) -> None:
        """Throw an upload and its parts away. Harmless when it is gone.

        A part that is still arriving may be left; `unfinished` lists its upload then.
        """

    def unfinished(self, prefix: str, before: datetime) -> Iterator[Upload]:
        """Yield the uploads below `prefix` that were begun before then and did not end."""

    def link(self, key: str, seconds: int) -> str:
        """Sign a URL from which anyone may GET an object for `seconds`."""

    def probe(self) -> None:
        """Prove that nothing is overwritten here. Raises `StoreError` where it could be."""

    def close(self) -> None:
        """Let go of the store. Harmless when called twice."""
