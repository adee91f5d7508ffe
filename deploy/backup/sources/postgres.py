"""Postgres: each database by pg_dump in its own container, and the roles of all of them.

Custom format without pg_dump's own compression: its zstd has no content checksum, while ours has,
and ours compresses. Rows are counted in the dump's own snapshot, to compare a restore with.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from deploy.backup.snapshot import CHOOSE, Archive
from deploy.backup.sources import files
from deploy.backup.sources import postgres_pitr as pitr
from deploy.backup.sources.base import Ground, Origin, Piece, Server, Source, read_facts
from deploy.backup.transfer import Into, Outside
from deploy.errors import DamagedSnapshot, SourceFailed
from deploy.host import Host, Script, check

KIND = "postgres"
IMAGES = frozenset(["postgres", "postgresql", "postgis", "timescaledb", "pgvector"])
_HERE = "deploy.backup.sources"
ROLES, DUMP = "pg-roles", "pg-custom"
FORMS: tuple[str, ...] = (ROLES, DUMP, *pitr.FORMS)
_CLIENT = ((_HERE, "postgres_client.sh"),)
_DATABASES = Script(_HERE, "postgres_databases.sh", _CLIENT)
_FACTS = (*_CLIENT, (_HERE, "postgres_facts.sh"))
_DUMP = Script(_HERE, "postgres_dump.sh", _FACTS)
_COUNT = Script(_HERE, "postgres_count.sh", _FACTS)
_FILL = Script(_HERE, "postgres_fill.sh", _CLIENT)
_NAMED = Script(_HERE, "postgres_named.sh", _CLIENT)
_GLOBALS = Script(_HERE, "postgres_globals.sh", _CLIENT)
_READ = Script(_HERE, "postgres_read.sh")
_ROLES_END = "-- PostgreSQL database cluster dump complete"
_ALONE = Server("postgres", ("pg_isready", "--quiet"), variables={"POSTGRES_DB": "postgres"})


def data_path(model: Mapping[str, Any]) -> str:
    """Return where a service of Postgres keeps its data, in its container."""
    return str((model.get("environment") or {}).get("PGDATA") or "/var/lib/postgresql/data")


def pieces(source: Source, origin: Origin) -> tuple[Piece, ...]:
    """Return an archive for each database, one for the roles, and those of `postgres_pitr`.

    A role that is made while databases are dumped may be named in a dump: so roles come after them.
    Raises `SourceFailed`.
    """
    host, container = origin.host, origin.container(source)
    dumps = [_piece(source, container, name) for name in _databases(source, host, container)]
    roles = Piece(
        source,
        f"{source.name}.roles.sql",
        ROLES,
        outside=Outside("pg_dumpall", _GLOBALS, (container,)),
    )
    if not source.pitr:
        pitr.drop(source, origin, container)
        return (*dumps, roles)
    return (*dumps, roles, *pitr.pieces(source, origin, container))


def _piece(source: Source, container: str, database: str) -> Piece:
    return Piece(
        source,
        f"{source.name}.{quote(database, safe='')}.dump",
        DUMP,
        outside=Outside("pg_dump", _DUMP, (container, conninfo(database))),
        facts={"database": database},
    )


def _databases(source: Source, host: Host, container: str) -> Sequence[str]:
    result = host.run(_DATABASES.command(container))
    if not result.ok:
        raise SourceFailed(
            f"services.{source.service}",
            f"Postgres does not say which databases it has: {result.error_text}",
            "see that it is up and takes its own user: `inv logs --service " + source.service + "`",
        )
    return [json.loads(line) for line in result.text.splitlines()]


def conninfo(database: str) -> str:
    r"""Return a database as libpq is told it: a bare name with `=` in it would be no name.

    >>> print(conninfo(r"o'ne=\1"))
    dbname='o\'ne=\\1'
    """
    name = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{name}'"


def reader(archive: Archive, image: str) -> Into:
    """Return what reads an archive: pg_restore of the service's image, which needs no server."""
    if archive.form in pitr.FORMS:
        return files.reader(archive, image)
    if archive.form == ROLES:
        return Into(("grep", "--count", "--fixed-strings", "--line-regexp", "--", _ROLES_END))
    return Into(outside=Outside("pg_restore", _READ, (image,)))


def restore(archives: Sequence[Archive], ground: Ground) -> None:
    """Fill a new cluster; then compare its rows with those that the dump counted.

    To a moment, it is recovered, see `postgres_pitr`.
    """
    if ground.moment is not None:
        pitr.restore(archives, ground.moment, ground)
        return
    with ground.stand_in(_ALONE) as container:
        for archive in roles_first(one for one in archives if one.form not in pitr.FORMS):
            if archive.form == DUMP:
                _make_roles(archive, ground.host, container)
            ground.pour(archive, Into(outside=fill(archive, container)))
        for archive in (one for one in archives if one.form == DUMP):
            compare(archive, ground.host, container)
            ground.say(f"{archive.name}: restored and compared, {_rows(archive)} rows")


def roles_first(archives: Iterable[Archive]) -> list[Archive]:
    """Return archives in the order in which they are put back: a dump names roles."""
    return sorted(archives, key=lambda one: one.form != ROLES)


def holds(archive: Archive) -> str:
    """Return which database it is, or that it holds the roles."""
    if archive.form in pitr.FORMS:
        return pitr.holds(archive)
    if archive.form == ROLES:
        return "roles of the database server"
    return f"database `{archive.facts['database']}`, {_rows(archive)} rows"


def by_hand(archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands that fill a new cluster."""
    if archive.form in pitr.FORMS:
        yield from pitr.by_hand(archive, opened)
    elif archive.form == ROLES:
        yield "# CONTAINER: a new Postgres of that version, made with the POSTGRES_USER of before"
        yield "# and POSTGRES_DB=postgres. That user is there already: one error says so."
        yield f"{opened} | docker exec -i CONTAINER psql -U postgres -d postgres"
    else:
        yield "# A role that it does not find was dropped since: `create role` lets it go on."
        options = "--create --clean --if-exists --exit-on-error --dbname=template1"
        yield f"{opened} | docker exec -i CONTAINER pg_restore -U postgres {options}"


def fill(archive: Archive, container: str) -> Outside:
    """Return what fills the new cluster of `container` from an archive."""
    roles = archive.form == ROLES
    return Outside(
        "psql" if roles else "pg_restore", _FILL, (container, "roles" if roles else "dump")
    )


def _make_roles(archive: Archive, host: Host, container: str) -> None:
    """Make the roles that a dump names and that were gone when roles were dumped."""
    names = json.dumps(list(archive.facts.get("roles", {})), ensure_ascii=False)
    command = _NAMED.command(container, stdin=names.encode())
    check(host.name, command, host.run(command))


def compare(archive: Archive, host: Host, container: str) -> None:
    """See that a restored database holds what the dump counted. Raises `DamagedSnapshot`."""
    command = _COUNT.command(container, conninfo(archive.facts["database"]), timeout=3600)
    found = read_facts(check(host.name, command, host.run(command)).stdout)
    for what in ("rows", "large_objects"):
        if found.get(what, {}) != archive.facts.get(what, {}):
            raise DamagedSnapshot(
                f"{archive.name}: {what}",
                f"restored are {found.get(what)}, dumped were {archive.facts.get(what)}",
                CHOOSE,
            )


def _rows(archive: Archive) -> int:
    return sum(archive.facts.get("rows", {}).values())
