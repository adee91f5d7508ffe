"""Fills new volumes from a snapshot and proves them: what a restore, a drill and a recovery share.

How that goes is up to the kind of source. A database is filled through a stand-in of its service on
a new volume, and compared with what was written down when it was dumped.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deploy.backup.create import Yard
from deploy.backup.fetch import fetch
from deploy.backup.snapshot import CHOOSE, OF, Archive, Opened, Part
from deploy.backup.sources.base import Server, Source
from deploy.backup.sources.kinds import KINDS
from deploy.backup.standin import stand_in, volume_at
from deploy.backup.transfer import Into, Pump
from deploy.backup.window import Moment
from deploy.engine.compose.document import as_file
from deploy.errors import EngineError, SourceFailed
from deploy.host import Command, Host, Script, check

_VOLUMES = Script("deploy.backup", "volumes.sh")
_STAND_IN = Script("deploy.backup", "stand_in.sh")
_IN_THE_WAY = {
    51: ("is there already, and may hold data", "look at it, and remove it where nobody needs it"),
    52: ("is in use", "see by what with `docker ps --filter volume=` there, and stop that"),
}


@dataclass(frozen=True)
class Filled:
    """A volume or a folder, and the new one that holds what a snapshot has of it."""

    source: Source
    volume: str
    fresh: str


@dataclass(frozen=True)
class Filling:
    """Fills from what is `opened`, by the `pump` on the machine of `yard`.

    `document` is the Compose file whose services the data is for. `suffix` names the new volumes,
    `note` the file on the server in which the old ones, or those that are made, are written down.
    """

    yard: Yard
    pump: Pump
    opened: Opened | Moment
    document: Mapping[str, Any]
    suffix: str
    note: str

    def fill(self, sources: Sequence[Source]) -> tuple[Filled, ...]:
        """Fill a new volume for each of `sources`; where one fails, none stays."""
        fresh = tuple(planned(self.document, source, self.suffix) for source in sources)
        grounds = [_Ground(self, filled, self._parts(filled.source)) for filled in fresh]
        self._volumes("anew" if self.suffix else "first", fresh)
        try:
            for ground in grounds:
                archives = tuple(part.archive for part in ground.parts)
                KINDS[ground.filled.source.kind].restore(archives, ground)
        except BaseException:
            self._volumes("remove", fresh)
            raise
        return fresh

    def discard(self, filled: Sequence[Filled]) -> None:
        """Remove what was filled."""
        self._volumes("remove", filled)

    def _parts(self, source: Source) -> tuple[Part, ...]:
        found = self.opened.parts(source.name)
        if not found:
            wrong = f"snapshot {self.opened.id} does not hold it"
            raise SourceFailed(source.name, wrong, CHOOSE)
        for part in found:
            was = part.archive.facts.get(OF, source.kind)
            if was != source.kind:
                wrong = f"in snapshot {part.opened.id} it is a {was}, and now a {source.kind}"
                raise SourceFailed(source.name, wrong, "see what that snapshot holds: RECOVER.md")
        return found

    def _volumes(self, verb: str, filled: Sequence[Filled]) -> None:
        host = self.yard.host
        command = _VOLUMES.command(
            verb,
            self.pump.image,
            f"{self.yard.root}/backup/{self.note}",
            *(one.fresh for one in filled),
            timeout=600,
        )
        result = host.run(command)
        if result.exit_code in _IN_THE_WAY:
            wrong, remedy = _IN_THE_WAY[result.exit_code]
            place = result.error_text.rpartition("\n")[2]
            raise EngineError(host.name, f"{place} {wrong}", remedy)
        check(host.name, command, result)


@dataclass(frozen=True)
class _Ground:
    """Where one source is filled; see `Ground` of the sources."""

    filling: Filling
    filled: Filled
    parts: tuple[Part, ...]

    @property
    def host(self) -> Host:
        """The machine of the yard."""
        return self.filling.yard.host

    @property
    def volume(self) -> str:
        """The new one."""
        return self.filled.fresh

    @property
    def moment(self) -> float | None:
        """That of what is opened."""
        return self.filling.opened.moment

    def say(self, line: str) -> None:
        """Tell a line."""
        self.filling.yard.tell.say(line)

    def pour(self, archive: Archive, into: Into) -> None:
        """Fetch an archive with the key of its own snapshot."""
        opened = next(part.opened for part in self.parts if part.archive is archive)
        do = self.filling
        fetch(do.yard, do.pump, opened.snapshot, archive, (opened.key, into))

    @contextmanager
    def stand_in(self, server: Server) -> Iterator[str]:
        """Run a stand-in of the service on the new volume."""
        project = self.filling.yard.stand_ins
        service = self.filled.source.service
        fresh = {self.filled.volume: self.filled.fresh}
        document = stand_in(self.filling.document, service, fresh, server)
        arguments = (project, service, str(server.seconds), server.process, *server.ready)
        data = as_file(document)
        try:
            command = _STAND_IN.command(*arguments, stdin=data, timeout=2 * server.seconds)
            yield self._run(command).strip().rpartition("\n")[2]
        finally:
            self._run(_STAND_IN.command("stop", project, timeout=120))

    def _run(self, command: Command) -> str:
        return check(self.host.name, command, self.host.run(command)).text


def planned(document: Mapping[str, Any], source: Source, suffix: str) -> Filled:
    """Return which volume a source is on, and the name of the one that is filled for it.

    Without a suffix that is the very same. Raises `EngineError` for a database on no volume.
    """
    volume = source.place
    path = KINDS[source.kind].data_path(document["services"].get(source.service, {}))
    if path:
        volume = volume_at(document, source.service, path)
        if not volume:
            raise EngineError(
                f"services.{source.service}",
                "its data is on no volume, so it cannot be restored",
                f"mount a volume at {path} and deploy",
            )
    return Filled(source, volume, f"{volume}-{suffix}" if suffix else volume)
