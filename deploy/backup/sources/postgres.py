"""Postgres: each database by pg_dump in its own container, and the roles of all of them.

Custom format without pg_dump's own compression: its zstd has no content checksum, while ours has,
and ours compresses. Rows are counted in the dump's own snapshot, to compare a restore with.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from deploy.backup.snapshot import Archive
from deploy.backup.sources.base import Piece, Source
from deploy.backup.transfer import Outside
from deploy.errors import DamagedSnapshot, SourceFailed
from deploy.host import Host, Script, check

_HERE = "deploy.backup.sources"
ROLES, DUMP = "pg-roles", "pg-custom"
_CLIENT = ((_HERE, "postgres_client.sh"),)
_DATABASES = Script(_HERE, "postgres_databases.sh", _CLIENT)
_FACTS = (*_CLIENT, (_HERE, "postgres_facts.sh"))
_DUMP = Script(_HERE, "postgres_dump.sh", _FACTS)
_COUNT = Script(_HERE, "postgres_count.sh", _FACTS)
_FILL = Script(_HERE, "postgres_fill.sh", _CLIENT)
_GLOBALS = Script(_HERE, "postgres_globals.sh", _CLIENT)


def pieces(source: Source, host: Host, container: str) -> tuple[Piece, ...]:
    """Return an archive for the roles, and one for each database. Raises `SourceFailed`."""
    roles = Piece(
        source,
        f"{source.name}.roles.sql",
        ROLES,
        outside=Outside("pg_dumpall", _GLOBALS, (container,)),
    )
    return (
        roles,
        *(_piece(source, container, name) for name in _databases(source, host, container)),
    )


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


def read_facts(data: bytes) -> dict[str, Any]:
    r"""Return what a dump wrote down: `rows` of each table, `large_objects`, and `version`.

    >>> read_facts(b'{"rows": {"public.notes": 2}}\n{"version": "15.5"}\n')
    {'rows': {'public.notes': 2}, 'version': '15.5'}
    """
    facts: dict[str, Any] = {}
    for line in data.decode().splitlines():
        for key, value in json.loads(line).items():
            if isinstance(value, dict):
                facts.setdefault(key, {}).update(value)
            else:
                facts[key] = value
    return facts


def fill(archive: Archive, container: str) -> Outside:
    """Return what fills the new cluster of `container` from an archive."""
    roles = archive.form == ROLES
    return Outside(
        "psql" if roles else "pg_restore", _FILL, (container, "roles" if roles else "dump")
    )


def compare(archive: Archive, host: Host, container: str) -> None:
    """See that a restored database holds what the dump counted. Raises `DamagedSnapshot`."""
    if archive.form == ROLES:
        return
    command = _COUNT.command(container, conninfo(archive.facts["database"]), timeout=3600)
    found = read_facts(check(host.name, command, host.run(command)).stdout)
    for what in ("rows", "large_objects"):
        if found.get(what, {}) != archive.facts.get(what, {}):
            raise DamagedSnapshot(
                f"{archive.name}: {what}",
                f"restored are {found.get(what)}, dumped were {archive.facts.get(what)}",
                "choose another snapshot of `inv backup.list`",
            )


def data_path(model: Mapping[str, Any]) -> str:
    """Return where a service of Postgres keeps its data, in its container."""
    return str((model.get("environment") or {}).get("PGDATA") or "/var/lib/postgresql/data")
