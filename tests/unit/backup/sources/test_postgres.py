"""Postgres: which archives there are, what is read of a dump, what a restore is compared with."""

import dataclasses
import json
from typing import Any

import pytest
from backup.memory import snapshot_of
from backup.sources.hosts import Ground, origin, saying

from deploy.backup.snapshot import Archive
from deploy.backup.sources import postgres
from deploy.backup.sources.base import Source, read_facts
from deploy.errors import CommandFailed, DamagedSnapshot, SourceFailed

DB = Source("db", postgres.KIND, "db")
DUMP = snapshot_of("s1").archives[0]


def test_each_database_and_then_the_roles() -> None:
    host = saying('"shop"', '"odd name/\\u00e9"')

    found = postgres.pieces(DB, origin(host))

    assert [(piece.name, piece.form) for piece in found] == [
        ("db.shop.dump", "pg-custom"),
        ("db.odd%20name%2F%C3%A9.dump", "pg-custom"),
        ("db.roles.sql", "pg-roles"),
    ]
    assert [piece.facts.get("database") for piece in found] == ["shop", "odd name/é", None]
    assert found[1].outside
    assert found[1].outside.arguments == ("c1", "dbname='odd name/é'")


def test_a_database_that_does_not_answer_is_no_empty_one() -> None:
    with pytest.raises(SourceFailed) as error:
        postgres.pieces(DB, origin(saying(code=2, stderr="psql: error: no such user")))
    assert "services.db: Postgres does not say which databases it has: " in str(error.value)
    assert "no such user" in str(error.value)


def test_facts_of_a_dump() -> None:
    lines = (
        b'{"version": "15.5"}\n{"large_objects": 2}\n'
        b'{"rows": {"public.a": 1}}\n{"rows": {"public.b": 0}}\n'
    )

    assert read_facts(lines) == {
        "version": "15.5",
        "large_objects": 2,
        "rows": {"public.a": 1, "public.b": 0},
    }
    assert read_facts(b"") == {}


@pytest.mark.parametrize(
    ("form", "name", "how"), [("pg-roles", "psql", "roles"), ("pg-custom", "pg_restore", "dump")]
)
def test_what_fills_a_cluster(form: str, name: str, how: str) -> None:
    found = postgres.fill(dataclasses.replace(DUMP, form=form), "c1")

    assert (found.name, found.arguments) == (name, ("c1", how))


def test_roles_are_put_back_before_what_names_them() -> None:
    ground = Ground(saying('{"rows": {"public.orders": 3}}'))
    roles = dataclasses.replace(DUMP, form=postgres.ROLES)

    postgres.restore([DUMP, roles, DUMP], ground)

    assert ground.done[1:] == [roles, DUMP, DUMP]


def test_roles_that_a_dump_names_are_made_where_they_are_gone() -> None:
    host = saying('{"rows": {}}')

    postgres.restore([dumped(roles={"ann": True, "o'né": True}, rows={})], Ground(host))

    named, _ = host.commands
    assert named.name == "postgres_named"
    assert json.loads(named.stdin) == ["ann", "o'né"]


def dumped(**facts: object) -> Archive:
    return dataclasses.replace(DUMP, facts={"database": "shop", **facts})


def test_a_restore_that_holds_what_was_dumped() -> None:
    host = saying('{"version": "16.1"}', '{"large_objects": 0}', '{"rows": {"public.a": 3}}')

    postgres.compare(dumped(version="15.5", large_objects=0, rows={"public.a": 3}), host, "c1")


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"rows": {"public.a": 4}, "large_objects": 0}, "rows"),
        ({"rows": {"public.a": 3, "public.b": 0}, "large_objects": 0}, "rows"),
        ({"rows": {}, "large_objects": 0}, "rows"),
        ({"rows": {"public.a": 3}, "large_objects": 1}, "large_objects"),
    ],
)
def test_a_restore_that_holds_something_else(facts: dict[str, Any], what: str) -> None:
    host = saying('{"large_objects": 0}', '{"rows": {"public.a": 3}}')

    with pytest.raises(DamagedSnapshot, match=rf"db\.shop\.dump\.zst\.age: {what}: restored are"):
        postgres.compare(dumped(**facts), host, "c1")


def test_a_count_that_fails_is_no_match() -> None:
    with pytest.raises(CommandFailed):
        postgres.compare(dumped(rows={}), saying(code=1, stderr="gone"), "c1")


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ({}, "/var/lib/postgresql/data"),
        ({"environment": None}, "/var/lib/postgresql/data"),
        ({"environment": {"PGDATA": "/data/pg"}}, "/data/pg"),
    ],
)
def test_where_it_keeps_its_data(model: dict[str, Any], path: str) -> None:
    assert postgres.data_path(model) == path
