"""The snapshots of an environment in a store: what is there, what is proven, what was abandoned.

Below the environment's own folder each snapshot has one: its archives, its manifest, and a proof
for each time that it was verified. Nothing there is ever written over.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from deploy.backup.snapshot import CHOOSE, Snapshot, from_manifest, to_manifest
from deploy.backup.stores.base import Store
from deploy.errors import DamagedSnapshot, NotThere, SettingsError
from deploy.host import Secret

MANIFEST = "manifest.json"
LATEST = "latest"
_PROOF = re.compile(r"proof-(\d+)-(\d+)-(\d+)")
STORED, STRUCTURE, DRILLED, HEALTHY = 1, 2, 3, 4
PROVEN = STRUCTURE  # the level from which on a snapshot counts


@dataclass(frozen=True)
class Proof:
    """That a snapshot was verified to a level; when, since 1970, and how long, in seconds."""

    level: int
    at: int
    seconds: int = 0

    @property
    def name(self) -> str:
        """What its object is called: all that it says, so that a list of keys tells everything."""
        return f"proof-{self.level}-{self.at}-{self.seconds}"


@dataclass(frozen=True)
class Entry:
    """A snapshot with its proofs."""

    snapshot: Snapshot
    proofs: tuple[Proof, ...] = ()

    @property
    def best(self) -> Proof | None:
        """The highest level that was ever reached, and when last."""
        return max(self.proofs, key=lambda proof: (proof.level, proof.at), default=None)

    @property
    def proven(self) -> bool:
        """Whether it counts for retention."""
        return _proven(self.proofs)


@dataclass(frozen=True)
class Damaged:
    """A snapshot whose manifest cannot be read, and why."""

    id: str
    why: str


@dataclass(frozen=True)
class Listing:
    """What is in the store, newest first."""

    entries: tuple[Entry, ...]
    damaged: tuple[Damaged, ...] = ()


@dataclass(frozen=True)
class Standing:
    """How well an environment is backed up: its newest proven snapshot, and how many there are.

    One that leaves sources out is no `newest`.
    """

    newest: Entry | None
    proven: int
    unproven: int


@dataclass(frozen=True)
class Catalog:
    """The snapshots of `project`, an app in an environment, in `store`."""

    store: Store
    project: str

    def key(self, snapshot: str, name: str) -> str:
        """Return where an object of a snapshot lies."""
        return f"{self.project}/{snapshot}/{name}"

    def listing(self) -> Listing:
        """Return what is there. Raises `StoreError`, and never leaves one out."""
        found_ones = [self._found(one, names) for one, names in self._names().items()]
        return Listing(
            tuple(one for one in found_ones if isinstance(one, Entry)),
            tuple(one for one in found_ones if isinstance(one, Damaged)),
        )

    def standing(self) -> Standing:
        """Return how it stands. Raises `StoreError`.

        Proofs are told by their keys, so that a list and one manifest are all that is read. A
        damaged snapshot is passed over; an older one than the newest proven is not looked at.
        """
        there = self._names()
        proven = [one for one, names in there.items() if _proven(_proofs(names))]
        newest, damaged = None, 0
        for one in proven:
            found = self._found(one, there[one])
            if isinstance(found, Damaged):
                damaged += 1
            elif not found.snapshot.only:
                newest = found
                break
        good = len(proven) - damaged
        return Standing(newest, good, len(there) - good)

    def proven(self, ids: Container[str] | None = None) -> Iterator[Entry]:
        """Yield those of `ids`, or of all, that are proven and not damaged, the newest first."""
        for one, names in self._names().items():
            if (ids is None or one in ids) and _proven(_proofs(names)):
                found = self._found(one, names)
                if isinstance(found, Entry):
                    yield found

    def find(self, snapshot: str) -> Snapshot:
        """Return the snapshot of an id. Raises `DamagedSnapshot` where it is not there."""
        place = self.key(snapshot, MANIFEST)
        try:
            return from_manifest(self.store.read(place), place)
        except NotThere:
            raise DamagedSnapshot(snapshot, "it is there no longer", CHOOSE) from None

    def choose(self, point: str, fits: Callable[[Snapshot], bool] = lambda _: True) -> Entry:
        """Return the snapshot that `point` names: an id, its beginning, or `latest` that `fits`.

        Where the latest is damaged, that is told: an older one is only taken when it is named.
        Raises `SettingsError`, `DamagedSnapshot`.
        """
        listing = self.listing()
        there = {one.snapshot.id: one for one in listing.entries}
        damaged = {one.id: one for one in listing.damaged}
        ids = sorted((*there, *damaged), reverse=True)
        fit = [one for one in ids if one in damaged or fits(there[one].snapshot)]
        found = fit[:1] if point == LATEST else [one for one in ids if one.startswith(point)]
        if len(found) != 1:
            wrong = "several snapshots begin like that" if found else "there is no such snapshot"
            if point == LATEST and ids:
                wrong = "none holds all data"
            known = ", ".join(ids[:5]) or "none"
            raise SettingsError("--point", f"{point!r}: {wrong}", f"there are: {known}")
        if found[0] in damaged:
            raise DamagedSnapshot(found[0], damaged[found[0]].why, CHOOSE)
        return there[found[0]]

    def place(self, snapshot: str, name: str, data: bytes) -> None:
        """Write a small object that goes with a snapshot. Raises `StoreError`."""
        self.store.write(self.key(snapshot, name), data)

    def add(self, snapshot: Snapshot, key: Secret) -> None:
        """Write the manifest: from now on the snapshot exists. Raises `StoreError`."""
        self.store.write(self.key(snapshot.id, MANIFEST), to_manifest(snapshot, key))

    def prove(self, snapshot: str, proof: Proof) -> None:
        """Write down that a snapshot was verified."""
        self.store.write(self.key(snapshot, proof.name), b"")

    def read(self, snapshot: str, key: Secret) -> Snapshot:
        """Return a snapshot once its seal is seen to be ours. Raises `DamagedSnapshot`."""
        place = self.key(snapshot, MANIFEST)
        return from_manifest(self.store.read(place), place, key)

    def strays(self, before: datetime) -> tuple[str, ...]:
        """Return the keys of objects of no snapshot, written before then: their backup never ended.

        A folder of which anything is younger may be that of a backup under way.
        """
        found = tuple(self.store.keys(f"{self.project}/"))
        whole = {_folder(one.key) for one in found if one.key.endswith(f"/{MANIFEST}")}
        young = {_folder(one.key) for one in found if one.modified >= before}
        return tuple(one.key for one in found if _folder(one.key) not in whole | young)

    def _names(self) -> dict[str, list[str]]:
        """Return the names of the objects of each snapshot, the newest first."""
        folders: dict[str, list[str]] = {}
        for found in self.store.keys(f"{self.project}/"):
            snapshot, _, name = found.key.removeprefix(f"{self.project}/").partition("/")
            folders.setdefault(snapshot, []).append(name)
        ids = sorted((one for one, names in folders.items() if MANIFEST in names), reverse=True)
        return {one: folders[one] for one in ids}

    def _found(self, snapshot: str, names: Iterable[str]) -> Entry | Damaged:
        place = self.key(snapshot, MANIFEST)
        try:
            found = from_manifest(self.store.read(place), place)
        except DamagedSnapshot as error:
            return Damaged(snapshot, error.wrong)
        if found.id != snapshot or f"{found.app}-{found.environment}" != self.project:
            return Damaged(snapshot, "its manifest belongs to another snapshot")
        return Entry(found, tuple(_proofs(names)))


def _proofs(names: Iterable[str]) -> Iterator[Proof]:
    for name in names:
        match = _PROOF.fullmatch(name)
        if match:
            yield Proof(*(int(part) for part in match.groups()))


def _proven(proofs: Iterable[Proof]) -> bool:
    return any(proof.level >= PROVEN for proof in proofs)


def _folder(key: str) -> str:
    return key.rpartition("/")[0]
