"""Postgres brought to any moment: base backups, and the write-ahead log (WAL) between them.

As in "Continuous Archiving and Point-in-Time Recovery" of Postgres's manual, but nothing is set up
for it in the server: instead of an `archive_command`, a replication slot keeps the WAL there until
a snapshot that has it is proven. Every snapshot takes what the slot keeps. A base backup is taken
with each full one, and with any other whose WAL does not follow that of what it builds on.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.backup.snapshot import AFTER, CHOOSE, Archive, Kind
from deploy.backup.sources.base import Ground, Origin, Piece, Server, Source
from deploy.backup.transfer import Into, Outside
from deploy.backup.window import BASE, WAL, follows, shipments, shown
from deploy.errors import CommandFailed, DamagedSnapshot, SourceFailed
from deploy.host import Host, Script, check

FORMS = (BASE, WAL)
_HERE = "deploy.backup.sources"
_CLIENT = ((_HERE, "postgres_client.sh"),)
_SLOT = Script(_HERE, "postgres_slot.sh", _CLIENT)
_NO_SLOT = Script(_HERE, "postgres_no_slot.sh", _CLIENT)
_BASE = Script(_HERE, "postgres_base.sh", _CLIENT)
_WAL = Script(_HERE, "postgres_wal.sh", _CLIENT)
_ADVANCE = Script(_HERE, "postgres_advance.sh", _CLIENT)
_UNPACK = Script(_HERE, "postgres_unpack.sh")
_AIM = Script(_HERE, "postgres_aim.sh")
_REACHED = Script(_HERE, "postgres_reached.sh", _CLIENT)
_DATA = "/var/lib/postgresql/data"  # where data is in an image that does not say it by PGDATA
_BESIDE = "slipway_wal"  # folder in there that has the WAL while it recovers
_GIB = 1 << 30
_MUCH = 10 * _GIB  # bytes that a slot may keep before that is told
_HOURS = 6 * 3600  # seconds that a recovery, or the reading of all databases, may take
# It waits in the image's own shell, where its paths and its users are, and ends when it is told to.
_IDLE = Server(
    "sh|bash|dash|ash",
    ("true",),
    ("sh", "-c", "trap 'exit 0' INT TERM QUIT; while :; do sleep 1; done"),
)
# While it recovers it takes no connection (`hot_standby = off`): ready is that it has done so.
_RECOVERING = Server("postgres", ("pg_isready", "--quiet"), seconds=_HOURS)


def pieces(source: Source, origin: Origin, container: str) -> Iterator[Piece]:
    """Yield a base backup, where one is to be taken, and the WAL. Raises `SourceFailed`.

    A differential snapshot has neither. It builds on the last full one and may go before any other
    does; WAL that only it had would be missing from the incremental ones around it.
    """
    if origin.kind is Kind.DIFFERENTIAL:
        return
    slot = _slot(source, origin, container)
    followed = follows(shipments(origin.line, source.name), slot["slot"], slot["first"])
    for line in _told(origin, slot, followed=followed):
        origin.say(f"{source.name}: {line}")
    if not followed:
        base = Outside("pg_basebackup", _BASE, (container,))
        yield Piece(source, f"{source.name}.{BASE}", BASE, outside=base)
    wal = Outside("pg_wal", _WAL, (container, slot["slot"]))
    facts = {AFTER: origin.base} if followed else {}
    yield Piece(source, f"{source.name}.{WAL}", WAL, outside=wal, facts=facts)


def _slot(source: Source, origin: Origin, container: str) -> Mapping[str, Any]:
    """Return the slot as `postgres_slot.sh` tells it, made where it was not there."""
    result = origin.host.run(_SLOT.command(container, origin.snapshot.lower().replace("-", "_")))
    if not result.ok:
        raise SourceFailed(
            f"services.{source.service}",
            f"Postgres cannot keep its WAL for a snapshot: {result.error_text}",
            "mend that, or take `pitr` out of its x-backup and deploy",
        )
    found: Mapping[str, Any] = json.loads(result.text)
    return found


def _told(origin: Origin, slot: Mapping[str, Any], *, followed: bool) -> Iterator[str]:
    name = slot["slot"]
    if slot["new"]:
        yield f"slot {name} is made; it keeps WAL from now on, and none from before is continued"
    if origin.line and not followed:
        yield f"its WAL does not follow that of {origin.base}, so a base backup is taken"
    if slot["kept"] > _MUCH:
        kept = f"{slot['kept'] / _GIB:.0f} GiB of WAL on the server"
        yield f"slot {name} keeps {kept} until a snapshot is proven; see max_slot_wal_keep_size"


def drop(source: Source, origin: Origin, container: str) -> None:
    """Let the server keep no WAL for this source any more, and say so where it did."""
    command = _NO_SLOT.command(container)
    for slot in check(origin.host.name, command, origin.host.run(command)).text.splitlines():
        origin.say(f"{source.name}: slot {slot} is dropped: x-backup has no `pitr` any more")


def let_go(archive: Archive, host: Host, container: str) -> None:
    """Let the server remove the WAL that an archive has. Raises `HostError`."""
    facts = archive.facts
    behind = position((facts["last"] + 1) * facts["size"])
    command = _ADVANCE.command(container, facts["stream"], behind)
    check(host.name, command, host.run(command))


def position(offset: int) -> str:
    """Return a position in the WAL, a number of bytes, as Postgres writes it.

    >>> position(0x1_0300_0000)
    '1/3000000'
    """
    return f"{offset >> 32:X}/{offset & 0xFFFFFFFF:X}"


def restore(archives: Sequence[Archive], moment: float, ground: Ground) -> None:
    """Unpack the base backup, have Postgres recover to `moment` by the WAL, and see that all reads.

    Raises `DamagedSnapshot` where it does not get there, `SourceFailed`.
    """
    with ground.stand_in(_IDLE) as container:
        for archive in archives:
            folder = "." if archive.form == BASE else _BESIDE
            unpack = Outside("tar", _UNPACK, (container, _DATA, folder))
            ground.pour(archive, Into(outside=unpack))
            ground.say(f"{archive.name}: unpacked")
        _run(ground.host, _AIM, container, _DATA, shown(moment))
    source = archives[0].source
    try:
        with ground.stand_in(_RECOVERING) as container:
            last = _run(ground.host, _REACHED, container, _DATA).strip() or "none since the base"
    except CommandFailed as error:
        wrong = f"Postgres did not recover to {shown(moment)}"
        raise DamagedSnapshot(source, wrong, CHOOSE, detail=error.detail) from None
    ground.say(f"{source}: recovered to {shown(moment)}; last transaction: {last}; all of it reads")


def _run(host: Host, script: Script, *arguments: str) -> str:
    command = script.command(*arguments, timeout=_HOURS)
    return check(host.name, command, host.run(command)).text


def holds(archive: Archive) -> str:
    """Return what it is, and until when."""
    if archive.form == BASE:
        return f"base backup of the whole server, ended {shown(archive.facts['ended'])}"
    return f"write-ahead log of the server, until {shown(archive.facts['until'])}"


def by_hand(archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands by which a server comes to a moment: for the base backup, then for the WAL."""
    folder = f"./{archive.source}-{'base' if archive.form == BASE else 'wal'}"
    if archive.form == BASE:
        yield "# Only for a moment between two snapshots: it has all that the dumps have."
    yield f"mkdir -p {folder}"
    yield f"{opened} | tar --extract --directory={folder}"
    if archive.form == WAL:
        yield from _recovery(archive)


def _recovery(archive: Archive) -> Iterator[str]:
    name, moment = archive.source, shown(archive.facts["until"])
    if AFTER in archive.facts:
        yield f"# First the same of {archive.facts[AFTER]}, and of what that one follows, back to"
        yield "# one with a base backup; all into the same folders."
    yield "# WAL of later snapshots goes into the same folder too. Then, with the moment you want:"
    yield f"cat >>./{name}-base/postgresql.auto.conf <<'END'"
    yield """restore_command = 'cp "/wal/%f" "%p"'"""
    yield f"recovery_target_time = '{moment}'"
    yield "recovery_target_action = 'promote'"
    yield "END"
    yield f"touch ./{name}-base/recovery.signal"
    yield "# Start it with the image of that version; remove those lines when it has recovered:"
    yield f'# docker run -v "$PWD/{name}-base:{_DATA}" -v "$PWD/{name}-wal:/wal:ro" IMAGE'
