"""Reads an archive to its end and puts it nowhere: what cannot be read cannot be restored."""

from deploy.backup.fetch import Into
from deploy.backup.snapshot import Archive, Snapshot
from deploy.backup.sources import postgres
from deploy.backup.transfer import Outside
from deploy.errors import DamagedSnapshot
from deploy.host import Script

_PG_READ = Script("deploy.backup.sources", "postgres_read.sh")
_ROLES_END = "-- PostgreSQL database cluster dump complete"
_READERS = {
    "tar": ("tar", "--list", "--file=-"),
    postgres.ROLES: ("grep", "--count", "--fixed-strings", "--line-regexp", "--", _ROLES_END),
}


def reader(archive: Archive, snapshot: Snapshot) -> Into:
    """Return what reads `archive`: a command in the pump, or a process beside it.

    Raises `DamagedSnapshot` for a format that this version does not know.
    """
    if archive.form in _READERS:
        return Into(_READERS[archive.form])
    if archive.form == postgres.DUMP:
        image = snapshot.release["services"][archive.source]["image"]
        return Into(outside=Outside("pg_restore", _PG_READ, (image,)))
    raise DamagedSnapshot(
        f"{snapshot.id}: {archive.name}",
        f"its format {archive.form!r} is unknown",
        "update Slipway",
    )
