"""What a snapshot of changes builds on: one that is proven, and whose indexes are on the server."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.backup.catalog import Catalog
from deploy.backup.snapshot import Kind, Snapshot
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
    """What a snapshot of `kind` builds on: the newest of `line`, and what that builds on itself.

    `sources` are those with an index.
    """

    kind: Kind = Kind.FULL
    line: tuple[Snapshot, ...] = ()
    sources: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The id of the newest; empty where there is nothing to build on."""
        return self.line[0].id if self.line else ""


def find_base(kind: Kind, catalog: Catalog, indexes: Iterable[str], *, files: bool = True) -> Base:
    """Return what a snapshot of `kind` builds on: the newest that fits, or nothing.

    `indexes` are those on the server, each `ID/SOURCE`. One without any is passed over, unless not
    only `files` build on it: then what has no index is sent whole. Raises `StoreError`.
    """
    known: dict[str, set[str]] = {}
    for line in indexes:
        snapshot, _, source = line.partition("/")
        known.setdefault(snapshot, set()).add(source)
    fitting = _BUILDS_ON[kind]
    for entry in catalog.proven(known if files else None) if fitting else ():
        chain = _line(catalog, entry.snapshot) if entry.snapshot.kind in fitting else ()
        if chain:
            return Base(kind, chain, frozenset(known.get(entry.snapshot.id, ())))
    return Base()


def _line(catalog: Catalog, snapshot: Snapshot) -> tuple[Snapshot, ...]:
    """Return a snapshot and all that it builds on; nothing where one of them is not there."""
    line = [snapshot]
    try:
        while line[-1].parent:
            line.append(catalog.find(line[-1].parent))
    except DamagedSnapshot:
        return ()
    return tuple(line)


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
