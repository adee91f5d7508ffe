"""What a snapshot of changes builds on: one that is proven, and whose indexes are on the server."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.backup.catalog import Catalog
from deploy.backup.snapshot import Kind
from deploy.errors import DamagedSnapshot
from deploy.host import Host, Script, check

_INDEX = Script("deploy.backup", "index.sh")
_BUILDS_ON = {
    Kind.FULL: frozenset[Kind](),
    Kind.DIFFERENTIAL: frozenset({Kind.FULL}),
    Kind.INCREMENTAL: frozenset(Kind),
}


@dataclass(frozen=True)
class Base:
    """A snapshot to build on, by its id, for one of `kind`; `sources` are those with an index."""

    kind: Kind = Kind.FULL
    id: str = ""
    sources: frozenset[str] = frozenset()


def find_base(kind: Kind, catalog: Catalog, indexes: Iterable[str]) -> Base:
    """Return what a snapshot of `kind` builds on: the newest that fits, or nothing.

    `indexes` are those on the server, each `ID/SOURCE`. Raises `StoreError`.
    """
    known: dict[str, set[str]] = {}
    for line in indexes:
        snapshot, _, source = line.partition("/")
        known.setdefault(snapshot, set()).add(source)
    fitting = _BUILDS_ON[kind]
    for entry in catalog.proven(known) if fitting else ():
        if entry.snapshot.kind in fitting and _whole(catalog, entry.snapshot.parent):
            return Base(kind, entry.snapshot.id, frozenset(known[entry.snapshot.id]))
    return Base()


def _whole(catalog: Catalog, parent: str) -> bool:
    """Whether all that a snapshot builds on is there."""
    try:
        while parent:
            parent = catalog.find(parent).parent
    except DamagedSnapshot:
        return False
    return True


@dataclass(frozen=True)
class Indexes:
    """The indexes of the sources' files, kept on the machine that has them; see `pump/index.py`."""

    host: Host
    root: str
    snapshot: str

    def begin(self) -> list[str]:
        """Make room for those of this snapshot; return all that are there, each `ID/SOURCE`."""
        return self._run("begin", "-").splitlines()

    def done(self, kind: Kind) -> None:
        """Let go of those that nothing will build on, now that this snapshot is whole."""
        self._run("done", kind)

    def _run(self, verb: str, kind: str) -> str:
        command = _INDEX.command(f"{self.root}/backup", verb, self.snapshot, kind)
        return check(self.host.name, command, self.host.run(command)).text
