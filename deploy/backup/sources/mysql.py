"""MySQL and MariaDB: each database by mysqldump in its own container, and the users of all of them.

A dump reads one moment (`--single-transaction`), of tables that have transactions: InnoDB. No other
session can count rows in that moment, so a restore is compared by what was there before the dump
and after it, and by the dump having run to its end without an error; its rows are counted to be
told.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from deploy.backup.snapshot import CHOOSE, Archive
from deploy.backup.sources.base import Ground, Origin, Piece, Server, Source, read_facts
from deploy.backup.transfer import Into, Outside
from deploy.errors import DamagedSnapshot, SourceFailed
from deploy.host import Host, Script, check

KIND = "mysql"
IMAGES = frozenset(["mysql", "mariadb", "percona", "percona-server", "mysql-server"])
USERS, DUMP = "mysql-users", "mysql-sql"
FORMS: tuple[str, ...] = (USERS, DUMP)
_HERE = "deploy.backup.sources"
_CLIENT = ((_HERE, "mysql_client.sh"),)
_FACTS = (*_CLIENT, (_HERE, "mysql_facts.sh"))
_DATABASES = Script(_HERE, "mysql_databases.sh", _CLIENT)
_DUMP = Script(_HERE, "mysql_dump.sh", _FACTS)
_COUNT = Script(_HERE, "mysql_count.sh", _FACTS)
_USERS = Script(_HERE, "mysql_users.sh", _CLIENT)
_FILL = Script(_HERE, "mysql_fill.sh", _CLIENT)
_WHOLE = (
    """tail -n 1 | grep -q '^-- Dump completed' || { echo 'the dump lacks its end' >&2; exit 1; }"""
)
_PING = """exec "$(command -v mariadb-admin || echo mysqladmin)" --silent ping"""
_ALONE = Server("mysqld|mariadbd", ("sh", "-c", _PING))


def data_path(_model: Mapping[str, Any]) -> str:
    """Return where a service of MySQL keeps its data, in its container."""
    return "/var/lib/mysql"


def pieces(source: Source, origin: Origin) -> tuple[Piece, ...]:
    """Return an archive for each database, and one for the users. Raises `SourceFailed`."""
    host, container = origin.host, origin.container(source)
    result = host.run(_DATABASES.command(container))
    if not result.ok:
        raise SourceFailed(
            f"services.{source.service}",
            f"it does not say which databases it has: {result.error_text}",
            "see that it is up, and that root's password is still the one in its environment:"
            f" `inv logs --service {source.service}`",
        )
    names = [json.loads(line) for line in result.text.splitlines()]
    # `quote` leaves no @ in the name of a database's archive.
    users = Outside("show grants", _USERS, (container,))
    return (
        *(_piece(source, container, name) for name in names),
        Piece(source, f"{source.name}.@users.sql", USERS, outside=users),
    )


def _piece(source: Source, container: str, database: str) -> Piece:
    return Piece(
        source,
        f"{source.name}.{quote(database, safe='')}.sql",
        DUMP,
        outside=Outside("mysqldump", _DUMP, (container, _hex(database))),
        facts={"database": database},
    )


def reader(_archive: Archive, _image: str) -> Into:
    """Return what reads a dump to its last line, which says that it is whole."""
    return Into(("sh", "-c", _WHOLE))


def restore(archives: Sequence[Archive], ground: Ground) -> None:
    """Fill a new server, and see that all is there."""
    with ground.stand_in(_ALONE) as container:
        for archive in archives:
            made = (_hex(archive.facts["database"]),) if archive.form == DUMP else ()
            fill = Outside("mysql", _FILL, (container, *made))
            ground.pour(archive, Into(outside=fill))
        for archive in (one for one in archives if one.form == DUMP):
            rows = compare(archive, ground.host, container)
            ground.say(f"{archive.name}: restored and compared, {rows} rows")


def compare(archive: Archive, host: Host, container: str) -> int:
    """See that a restored database lacks nothing that was dumped; return its rows.

    It may have more: what was made, or dropped, while the dump ran. Raises `DamagedSnapshot`.
    """
    command = _COUNT.command(container, _hex(archive.facts["database"]), timeout=3600)
    found = read_facts(check(host.name, command, host.run(command)).stdout)
    lacking = archive.facts.get("objects", {}).keys() - found.get("objects", {}).keys()
    if lacking:
        raise DamagedSnapshot(archive.name, f"restored it lacks {sorted(lacking)}", CHOOSE)
    return sum(found.get("rows", {}).values())


def holds(archive: Archive) -> str:
    """Return which database it is, or that it holds the users."""
    if archive.form == USERS:
        return "users of the database server"
    tables = sum(name.startswith("base table ") for name in archive.facts.get("objects", {}))
    return f"database `{archive.facts['database']}`, {tables} tables"


def by_hand(_archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands that fill a new server."""
    yield "# CONTAINER: a new MySQL or MariaDB of that version, made without MYSQL_DATABASE;"
    yield "# it asks for root's password"
    yield f"{opened} >dump.sql"
    yield "docker cp dump.sql CONTAINER:/tmp/ && docker exec -it CONTAINER \\"
    yield "    sh -c '$(command -v mariadb || echo mysql) -uroot -p </tmp/dump.sql'"


def _hex(name: str) -> str:
    """Return a name as a shell and SQL cannot misread it."""
    return name.encode().hex()
