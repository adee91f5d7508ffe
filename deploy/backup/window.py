"""Which moments the database of a source can be brought to, and by which snapshots. Pure.

A base backup can be brought to any moment after its end, as far as WAL follows it without a gap
("Continuous Archiving and Point-in-Time Recovery" of Postgres's manual). WAL is a row of numbered
segments. What belongs together is told by its stream: a replication slot, which is made under a
name of its own, lives in one server on one timeline, and goes into no backup of it. So segments of
two servers, or of two timelines that branched off at the same point, are never mixed up, however
they are numbered.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.backup.snapshot import Archive, Opened, Part, Snapshot
from deploy.errors import SettingsError

BASE, WAL = "pg-base", "pg-wal"  # forms of archives
_TOLD = 5  # windows that an error names


@dataclass(frozen=True)
class Shipment:
    """What a snapshot has for one source.

    `first` and `last` are numbers of segments of `stream`, both there. `until` is the moment that
    they reach, `base` the one when the snapshot's base backup ended, if it has one: seconds since
    1970 by the server's clock.
    """

    snapshot: str
    stream: str
    first: int
    last: int
    until: float
    base: float | None = None


@dataclass(frozen=True)
class Window:
    """Any moment from `begin` to `end`, both in seconds since 1970, can be reached."""

    begin: float
    end: float

    def __str__(self) -> str:
        return f"{shown(self.begin)} to {shown(self.end)}"


@dataclass(frozen=True)
class Moment:
    """A moment, in seconds since 1970, and by source the snapshots that bring it there, in order.

    What those build on is not opened: it is not needed.
    """

    moment: float
    ways: Mapping[str, tuple[Opened, ...]]

    @property
    def id(self) -> str:
        """What it is called."""
        return shown(self.moment)

    def parts(self, source: str) -> tuple[Part, ...]:
        """Return the archives that do it: the first one's base backup, and the WAL of all."""
        return tuple(
            Part(opened, archive)
            for number, opened in enumerate(self.ways.get(source, ()))
            for archive in opened.snapshot.archives
            if archive.source == source and archive.form in (WAL, *(() if number else (BASE,)))
        )


def shown(moment: float) -> str:
    """Return a moment, in seconds since 1970, as people and Postgres read it.

    >>> shown(86400.5)
    '1970-01-02 00:00:00.500000+00:00'
    """
    return datetime.fromtimestamp(moment, UTC).isoformat(" ")


def pitr_sources(snapshots: Iterable[Snapshot]) -> tuple[str, ...]:
    """Return the sources of which any snapshot has WAL, each once."""
    found = (one.source for snapshot in snapshots for one in snapshot.archives if one.form == WAL)
    return tuple(dict.fromkeys(found))


def reached(snapshot: Snapshot) -> tuple[float, ...]:
    """Return the moments that the WAL of a snapshot reaches, one for each source that has any."""
    return tuple(float(one.facts["until"]) for one in snapshot.archives if one.form == WAL)


def shipments(snapshots: Iterable[Snapshot], source: str) -> tuple[Shipment, ...]:
    """Return what each snapshot has for `source`, the oldest first."""
    found: list[Shipment] = []
    for snapshot in sorted(snapshots, key=lambda one: one.id):
        of = {one.form: one for one in snapshot.archives if one.source == source}
        if WAL in of:
            found.append(_shipment(snapshot.id, of[WAL], of.get(BASE)))
    return tuple(found)


def follows(line: Sequence[Shipment], stream: str, first: int) -> bool:
    """Whether WAL of `stream` from segment `first` on follows what is in `line`, the oldest first.

    It does where there is a base backup from which no segment is missing up to there.
    """
    bases = [one for one in line if one.base is not None and one.stream == stream]
    return bool(bases) and first <= _road(bases[-1], line)[-1].last + 1


def windows(shipped: Sequence[Shipment]) -> tuple[Window, ...]:
    """Return what can be reached, the oldest first; what touches is one window."""
    bases, found = _bases(shipped), list[Window]()
    for number, (begin, base) in enumerate(bases, 1):
        reach = max(one.until for one in _road(base, shipped))
        end = min(reach, *(after for after, _ in bases[number : number + 1]), math.inf)
        touches = bool(found) and found[-1].end >= begin
        found.append(Window(found.pop().begin if touches else begin, end))
    return tuple(found)


def way(shipped: Sequence[Shipment], source: str, moment: float) -> tuple[Shipment, ...]:
    """Return what brings `source` to `moment`: one with a base backup, and those that follow it.

    It is the newest base backup that had ended by then, and no older one: where that one's WAL does
    not reach so far, another server was put in its place, and an older one's is not what served.
    Raises `SettingsError`, which names what can be reached.
    """
    begun = [base for begin, base in _bases(shipped) if begin <= moment]
    found: list[Shipment] = []
    for one in _road(begun[-1], shipped) if begun else ():
        found.append(one)
        if one.until >= moment:
            return tuple(found)
    known = "; ".join(str(one) for one in windows(shipped)[-_TOLD:])
    raise SettingsError(
        "--to",
        f"{source} cannot be brought to {shown(moment)}",
        f"proven snapshots reach {known}" if known else "no proven snapshot has a base backup",
    )


def _bases(shipped: Iterable[Shipment]) -> list[tuple[float, Shipment]]:
    """Return those with a base backup, each with when that ended, the oldest first."""
    found = [(one.base, one) for one in shipped if one.base is not None]
    return sorted(found, key=lambda pair: (pair[0], pair[1].snapshot))


def _road(base: Shipment, shipped: Sequence[Shipment]) -> list[Shipment]:
    """Return `base` and what follows it without a gap.

    What was sent twice comes twice: a snapshot that never was proven is sent again.
    """
    found = [base]
    for one in shipped[shipped.index(base) + 1 :]:
        if one.stream == base.stream:
            if one.first > found[-1].last + 1:
                break
            found.append(one)
    return found


def _shipment(snapshot: str, wal: Archive, base: Archive | None) -> Shipment:
    return Shipment(
        snapshot,
        str(wal.facts["stream"]),
        int(wal.facts["first"]),
        int(wal.facts["last"]),
        float(wal.facts["until"]),
        float(base.facts["ended"]) if base else None,
    )
