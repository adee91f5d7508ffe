"""Fills new volumes from a snapshot and proves them: what a restore, a drill and a recovery share.

A volume is filled from its archive. A database is filled through a stand-in of its service on a new
volume, and compared with what was counted when it was dumped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deploy.backup.create import Yard
from deploy.backup.fetch import Into, fetch
from deploy.backup.snapshot import CHOOSE, Archive, Snapshot
from deploy.backup.sources import postgres
from deploy.backup.sources.base import POSTGRES, Source
from deploy.backup.standin import stand_in, volume_at
from deploy.backup.transfer import Pump
from deploy.errors import EngineError, SourceFailed
from deploy.host import Command, Script, Secret, check

_VOLUMES = Script("deploy.backup", "volumes.sh")
_STAND_IN = Script("deploy.backup", "stand_in.sh")
_IN_THE_WAY = {
    51: ("is there already, and may hold data", "look at it, and remove it where nobody needs it"),
    52: ("is in use", "see by what with `docker ps --filter volume=` there, and stop that"),
}
_READY = 300  # seconds that a stand-in may take to be well

UNTAR = (
    *("tar", "--extract", "--file=-", "--directory=/data", "--numeric-owner"),
    *("--preserve-permissions", "--same-owner", "--xattrs", "--xattrs-include=*", "--acls"),
)


@dataclass(frozen=True)
class Filled:
    """A volume or a folder, and the new one that holds what a snapshot has of it."""

    source: Source
    volume: str
    fresh: str


@dataclass(frozen=True)
class Filling:
    """Fills from `snapshot`, unlocked by its `key`, by the `pump` on the machine of `yard`.

    `document` is the Compose file whose services the data is for. `suffix` names the new volumes.
    """

    yard: Yard
    pump: Pump
    snapshot: Snapshot
    key: Secret
    document: Mapping[str, Any]
    suffix: str

    def fill(self, sources: Sequence[Source]) -> tuple[Filled, ...]:
        """Fill a new volume for each of `sources`; where one fails, none stays."""
        fresh = tuple(planned(self.document, source, self.suffix) for source in sources)
        self._volumes("anew" if self.suffix else "first", fresh)
        try:
            for filled in fresh:
                if filled.source.kind == POSTGRES:
                    self._database(filled)
                else:
                    self._volume(filled)
        except BaseException:
            self._volumes("remove", fresh)
            raise
        return fresh

    def discard(self, filled: Sequence[Filled]) -> None:
        """Remove what was filled."""
        self._volumes("remove", filled)

    def _archives(self, source: Source) -> tuple[Archive, ...]:
        found = tuple(one for one in self.snapshot.archives if one.source == source.name)
        if not found:
            raise SourceFailed(source.name, f"snapshot {self.snapshot.id} does not hold it", CHOOSE)
        return found

    def _fetch(self, archive: Archive, into: Into) -> None:
        fetch(self.yard, self.pump, self.snapshot, archive, (self.key, into))

    def _volume(self, filled: Filled) -> None:
        (archive,) = self._archives(filled.source)
        self._fetch(archive, Into(UNTAR, filled.fresh))
        self.yard.tell.say(f"{archive.name}: filled a new {filled.source.name}")

    def _database(self, filled: Filled) -> None:
        archives = self._archives(filled.source)
        with self._standing_in(filled) as container:
            for archive in archives:
                self._fetch(archive, Into(outside=postgres.fill(archive, container)))
            for archive in archives:
                postgres.compare(archive, self.yard.host, container)
                rows = sum(archive.facts.get("rows", {}).values())
                self.yard.tell.say(f"{archive.name}: restored and compared, {rows} rows")

    @contextmanager
    def _standing_in(self, filled: Filled) -> Iterator[str]:
        """Run a stand-in of the service on the new volume; yield its container's id."""
        project = self.yard.stand_ins
        service = filled.source.service
        document = stand_in(
            self.document, service, {filled.volume: filled.fresh}, POSTGRES_DB="postgres"
        )
        try:
            data = json.dumps(document).encode()
            command = _STAND_IN.command(
                project, service, str(_READY), stdin=data, timeout=_READY + 60
            )
            yield self._run(command).strip().rpartition("\n")[2]
        finally:
            self._run(_STAND_IN.command("stop", project, timeout=120))

    def _volumes(self, verb: str, filled: Sequence[Filled]) -> None:
        host = self.yard.host
        command = _VOLUMES.command(
            verb, self.pump.image, *(one.fresh for one in filled), timeout=600
        )
        result = host.run(command)
        if result.exit_code in _IN_THE_WAY:
            wrong, remedy = _IN_THE_WAY[result.exit_code]
            place = result.error_text.rpartition("\n")[2]
            raise EngineError(host.name, f"{place} {wrong}", remedy)
        check(host.name, command, result)

    def _run(self, command: Command) -> str:
        host = self.yard.host
        return check(host.name, command, host.run(command)).text


def planned(document: Mapping[str, Any], source: Source, suffix: str) -> Filled:
    """Return which volume a source is on, and the name of the one that is filled for it.

    Without a suffix that is the very same. Raises `EngineError` for a database on no volume.
    """
    volume = source.place
    if source.kind == POSTGRES:
        path = postgres.data_path(document["services"][source.service])
        volume = volume_at(document, source.service, path)
        if not volume:
            raise EngineError(
                f"services.{source.service}",
                "its data is on no volume, so it cannot be restored",
                f"mount a volume at {path} and deploy",
            )
    return Filled(source, volume, f"{volume}-{suffix}" if suffix else volume)
