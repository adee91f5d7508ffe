"""MySQL: which archives there are, and what a restore is compared with."""

import dataclasses

import pytest
from backup.memory import snapshot_of
from backup.sources.hosts import origin, saying

from deploy.backup.sources import mysql
from deploy.backup.sources.base import Source
from deploy.errors import CommandFailed, DamagedSnapshot, SourceFailed

DB = Source("db", mysql.KIND, "db")
DUMP = dataclasses.replace(
    snapshot_of("s1").archives[0],
    name="db.shop.sql",
    form=mysql.DUMP,
    facts={"database": "shop", "objects": {"base table a": True, "view b": True}},
)
USERS = dataclasses.replace(DUMP, name="db.@users.sql", form=mysql.USERS, facts={})


def test_each_database_and_then_the_users() -> None:
    found = mysql.pieces(DB, origin(saying('"shop"', '"odd name/\\u00e9"')))

    assert [(piece.name, piece.form) for piece in found] == [
        ("db.shop.sql", "mysql-sql"),
        ("db.odd%20name%2F%C3%A9.sql", "mysql-sql"),
        ("db.@users.sql", "mysql-users"),
    ]
    assert found[1].outside
    assert found[1].outside.arguments == ("c1", "odd name/é".encode().hex())


@pytest.mark.parametrize("name", ["users", "@users"])
def test_a_database_that_is_called_as_its_users_archive(name: str) -> None:
    dump, users = mysql.pieces(DB, origin(saying(f'"{name}"')))

    assert dump.name != users.name


def test_a_server_that_does_not_answer_is_no_empty_one() -> None:
    with pytest.raises(SourceFailed) as error:
        mysql.pieces(DB, origin(saying(code=1, stderr="ERROR 1045: Access denied")))
    assert "services.db: it does not say which databases it has: ERROR 1045" in str(error.value)


def test_a_restore_that_has_all_tells_its_rows() -> None:
    host = saying(
        '{"version": "9.7"}',
        '{"objects": {"base table a": 1}}',
        '{"objects": {"view b": 1}}',
        '{"rows": {"a": 3}}',
    )

    assert mysql.compare(DUMP, host, "c1") == 3


def test_a_restore_that_lacks_something() -> None:
    with pytest.raises(DamagedSnapshot, match=r"db\.shop\.sql: restored it lacks \['view b'\]"):
        mysql.compare(DUMP, saying('{"objects": {"base table a": 1}}'), "c1")


def test_a_restore_that_has_what_was_made_while_the_dump_ran() -> None:
    there = ("base table a", "base table made", "view b")
    host = saying(*(f'{{"objects": {{"{one}": 1}}}}' for one in there))

    assert mysql.compare(DUMP, host, "c1") == 0


def test_a_count_that_fails_is_no_match() -> None:
    with pytest.raises(CommandFailed):
        mysql.compare(DUMP, saying(code=1, stderr="gone"), "c1")


def test_what_it_holds() -> None:
    assert mysql.holds(DUMP) == "database `shop`, 1 tables"
    assert mysql.holds(USERS) == "users of the database server"
