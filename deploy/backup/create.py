"""Takes a snapshot: each source streamed to the store, the manifest last."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.backup import by_hand, keys
from deploy.backup.catalog import Catalog
from deploy.backup.changes import Indexes, find_base
from deploy.backup.hold import held
from deploy.backup.snapshot import Archive, Digest, Kind, Snapshot, snapshot_id
from deploy.backup.sources.base import RELEASE, Origin, Piece, Source, read_facts
from deploy.backup.sources.find import find_sources
from deploy.backup.sources.kinds import KINDS
from deploy.backup.stores.base import Upload
from deploy.backup.transfer import ENDS, LINK, Order, Pump
from deploy.engine.base import Engine, Observation
from deploy.errors import SettingsError, SlipwayError, SourceFailed
from deploy.host import Host

LEVEL = 3  # of zstd: its own default
_ASTRAY = 3600.0  # seconds between the clocks of the server and of this machine: one is wrong


class Tell(Protocol):
    """Where it is told how a backup or a restore goes."""

    def say(self, line: str) -> None:
        """Tell a line: an archive is done."""

    def progress(self, name: str, plain: int, stored: int) -> None:
        """Tell how many bytes of an archive have come, and how many are in the store."""


@dataclass(frozen=True)
class Yard:
    """An environment and the store that its snapshots go to.

    `recipients` are the public keys of age that a snapshot is sealed to. `sizes` are those of
    parts, see `parts.runs`. `document` reads the Compose file of a release.
    """

    host: Host
    engine: Engine
    root: str
    app: str
    environment: str
    catalog: Catalog
    recipients: tuple[str, ...]
    owner: str
    sizes: tuple[tuple[int, int], ...]
    document: Callable[[str], Mapping[str, Any]]
    tell: Tell = field(repr=False)

    @property
    def stand_ins(self) -> str:
        """The Compose project of what stands in for a database while it is restored."""
        return f"{self.catalog.project}-restoring"

    def held(self, now: float) -> AbstractContextManager[None]:
        """Hold the snapshots of this environment, from `now` on; see `hold.held`."""
        return held(self.host, self.root, {"owner": self.owner, "since": now}, self.stand_ins)


def take(
    yard: Yard, only: Sequence[str] = (), kind: Kind = Kind.FULL
) -> tuple[Snapshot, keys.KeyPair]:
    """Take a snapshot; return it with its own key, by which it can be verified at once.

    One of a `kind` that has nothing to build on is a full one.

    Raises `SourceFailed`, `StoreError`, `LockHeld`, and `HostError`: then nothing is there that
    could pass for a snapshot.
    """
    seen = yard.engine.observe()
    _check_clock(yard.host.name, seen.now, time.time())
    there = find_sources(yard.document(deployed(seen)))
    sources = chosen(there, only)
    with yard.held(seen.now):
        return _Taking(yard, seen, kind, sources, whole=len(sources) == len(there)).take()


def _check_clock(place: str, there: float, here: float) -> None:
    """Refuse a wrong clock: a snapshot is called by it, chosen as the latest, kept and removed.

    One of a year ago would be the first to go, and one of next year hide all others.
    """
    if abs(there - here) > _ASTRAY:
        side = "behind" if there < here else "ahead of"
        raise SourceFailed(
            place,
            f"its clock is {abs(there - here) / 3600:.0f} hours {side} that of this machine",
            "set both clocks (`date` there), then take the snapshot",
        )


def chosen(sources: Sequence[Source], only: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources called `only`, and what a release is made of; without names, all."""
    known = {source.name: source for source in sources}
    for name in only:
        if name not in known:
            raise SettingsError(
                "--only", f"there is no source {name!r}", f"the sources are: {', '.join(known)}"
            )
    return tuple(s for s in sources if not only or s.name in only or s.kind == RELEASE)


def deployed(seen: Observation) -> str:
    """Return the id of the release that serves. Raises `SlipwayError` where nothing does."""
    if not seen.current:
        raise SlipwayError(
            "release",
            "nothing is deployed here",
            "run `inv deploy`; an empty server gets its data back with `inv recover`",
        )
    return seen.current


class _Taking:
    """One backup under way."""

    def __init__(
        self, yard: Yard, seen: Observation, kind: Kind, sources: Sequence[Source], *, whole: bool
    ) -> None:
        self._yard, self._seen, self._sources = yard, seen, sources
        self._only = () if whole else tuple(sorted(one.name for one in sources if one.is_data))
        self._key = keys.generate()
        self._id = snapshot_id(seen.now, secrets.token_hex(2))
        self._begun = time.monotonic()
        self._pump = Pump.ready(yard.host, yard.root)
        self._indexes = Indexes(yard.host, yard.root, self._id)
        files = kind is not Kind.INCREMENTAL or not any(source.pitr for source in sources)
        self._base = find_base(kind, yard.catalog, self._indexes.begin(), files=files)

    def take(self) -> tuple[Snapshot, keys.KeyPair]:
        yard, now = self._yard, self._seen.now
        with ExitStack() as unless_done:
            unless_done.callback(self._sweep)
            archives = tuple(self._archive(piece) for piece in self._pieces())
            builds = any(archive.builds for archive in archives)
            snapshot = Snapshot(
                id=self._id,
                app=yard.app,
                environment=yard.environment,
                kind=self._base.kind if builds else Kind.FULL,
                parent=self._base.id if builds else "",
                begun=now,
                ended=now + time.monotonic() - self._begun,
                archives=archives,
                public_key=self._key.public,
                sealed_key=keys.seal(self._key.secret, yard.recipients),
                recipients=yard.recipients,
                release=self._seen.releases[self._seen.current],
                tools={"pump": self._pump.image},
                only=self._only,
            )
            for name, text in by_hand.files(snapshot).items():
                yard.catalog.place(snapshot.id, name, text.encode())
            yard.catalog.add(snapshot, self._key.secret)
            unless_done.pop_all()
            self._indexes.done(snapshot.kind)
        return snapshot, self._key

    def _pieces(self) -> Iterator[Piece]:
        yard = self._yard
        origin = Origin(
            host=yard.host,
            root=yard.root,
            release=self._seen.current,
            snapshot=self._id,
            container=self._container,
            running=self._running,
            say=yard.tell.say,
            kind=self._base.kind,
            base=self._base.id,
            indexed=self._base.sources,
            line=self._base.line,
        )
        for source in self._sources:
            yield from KINDS[source.kind].pieces(source, origin)

    def _running(self, service: str) -> Sequence[str]:
        return [replica.id for replica in self._seen.of(service) if replica.running]

    def _container(self, source: Source) -> str:
        running = self._running(source.service)
        if not running:
            raise SourceFailed(
                f"services.{source.service}",
                "it does not run, so it cannot be dumped",
                "start it with `inv deploy`, or leave it out with `x-backup: false`",
            )
        return running[-1]

    def _archive(self, piece: Piece) -> Archive:
        store = self._yard.catalog.store
        name = f"{piece.name}.zst.age"
        upload = store.begin(self._yard.catalog.key(self._id, name))
        begun = time.monotonic()
        try:
            archive = self._carry(piece, name, upload)
        except BaseException:
            store.abort(upload)
            raise
        seconds = time.monotonic() - begun
        sizes = f"{archive.plain.size} bytes, {archive.stored.size} stored"
        self._yard.tell.say(f"{piece.name}: {sizes}, {seconds:.1f} s")
        return archive

    def _carry(self, piece: Piece, name: str, upload: Upload) -> Archive:
        store = self._yard.catalog.store
        if piece.outside:
            source: Mapping[str, Any] = {"name": piece.outside.name, **ENDS}
        else:
            source = {"name": piece.form, "argv": piece.argv}
        job = {
            "source": source,
            "recipient": self._key.public,
            "level": LEVEL,
            "parts": {"folder": "/run/slipway", "at_once": 4, "sizes": self._yard.sizes},
        }
        order = Order("save", job, piece.data, outside=piece.outside, still=piece.still)
        done = self._pump.carry(
            piece.name,
            order,
            lambda number: store.part_urls(upload, [int(number)], LINK)[int(number)],
            lambda plain, stored: self._yard.tell.progress(piece.name, plain, stored),
        )
        report = done.report
        store.complete(upload, {part["number"]: part["etag"] for part in report["parts"]})
        facts = {**piece.facts, **read_facts(done.facts)}
        return Archive(
            source=piece.source.name,
            form=piece.form,
            name=name,
            plain=Digest(**report["plain"]),
            stored=Digest(**report["stored"]),
            facts=facts,
            notes=tuple(report["notes"]),
        )

    def _sweep(self) -> None:
        """Remove what a backup that failed had put into the store."""
        folder = self._yard.catalog.key(self._id, "")
        store = self._yard.catalog.store
        store.remove([found.key for found in store.keys(folder)])
