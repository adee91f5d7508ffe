"""Postgres at any moment: when a base backup is taken, what is told, what lets WAL go."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from backup.memory import snapshot_of
from backup.sources.hosts import origin, saying

from deploy.backup import by_hand
from deploy.backup.snapshot import Archive, Digest, Kind, Snapshot
from deploy.backup.sources import postgres, postgres_pitr
from deploy.backup.sources.base import Piece, Source
from deploy.backup.window import BASE, WAL
from deploy.errors import CommandFailed, SourceFailed

DB = Source("db", postgres.KIND, "db", pitr=True)
GIB = 1 << 30


def of(form: str, **facts: Any) -> Archive:
    return Archive("db", form, f"db.{form}.zst.age", Digest(1, "aa"), Digest(1, "bb"), facts)


WAL_FACTS = {"stream": "slipway_1_s1", "first": 3, "last": 5, "size": 1 << 24, "until": 110.0}
FULL: Snapshot = replace(snapshot_of("s1"), archives=(of(BASE, ended=100.0), of(WAL, **WAL_FACTS)))


def taken(
    kind: Kind, line: tuple[Snapshot, ...] = (), **slot: Any
) -> tuple[Sequence[Piece], list[str]]:
    """Return the pieces of a snapshot where the slot is as said, and what is told."""
    said: list[str] = []
    found = {"slot": "slipway_1_s1", "new": False, "first": 6, "kept": 0, **slot}
    asked = replace(
        origin(saying(json.dumps(found)), base=line[0].id if line else ""),
        say=said.append,
        kind=kind,
        line=line,
    )
    return tuple(postgres_pitr.pieces(DB, asked, "c1")), said


def test_a_full_snapshot_has_a_base_backup_and_then_wal() -> None:
    found, said = taken(Kind.FULL)

    assert [(piece.name, piece.form) for piece in found] == [
        ("db.pg-base", "pg-base"),
        ("db.pg-wal", "pg-wal"),
    ]
    assert found[1].outside
    assert found[1].outside.arguments == ("c1", "slipway_1_s1")
    assert found[1].facts == {}
    assert said == []


def test_wal_that_follows_needs_no_base_backup() -> None:
    found, said = taken(Kind.INCREMENTAL, (FULL,))

    assert [(piece.form, piece.facts) for piece in found] == [("pg-wal", {"after": "s1"})]
    assert said == []


def test_a_differential_one_has_neither() -> None:
    assert taken(Kind.DIFFERENTIAL, (FULL,)) == ((), [])


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        ({"slot": "slipway_1_s2", "new": True}, ["slot slipway_1_s2 is made", "base backup"]),
        ({"first": 7}, ["does not follow that of s1, so a base backup is taken"]),
        ({"slot": "slipway_2_s9"}, ["does not follow that of s1"]),
    ],
)
def test_wal_that_does_not_follow_is_told_and_begun_anew(
    slot: dict[str, Any], words: list[str]
) -> None:
    found, said = taken(Kind.INCREMENTAL, (FULL,), **slot)

    assert [piece.form for piece in found] == ["pg-base", "pg-wal"]
    assert found[1].facts == {}
    assert len(said) == len(words)
    for line, part in zip(said, words, strict=True):
        assert line.startswith("db: ")
        assert part in line


def test_much_wal_is_told() -> None:
    assert taken(Kind.FULL, kept=10 * GIB)[1] == []
    (line,) = taken(Kind.FULL, kept=25 * GIB)[1]
    assert "slot slipway_1_s1 keeps 25 GiB of WAL" in line
    assert "max_slot_wal_keep_size" in line


def test_a_server_that_cannot_keep_wal_is_refused() -> None:
    host = saying(code=1, stderr="point-in-time recovery needs Postgres 13 or newer")

    with pytest.raises(SourceFailed) as error:
        tuple(postgres_pitr.pieces(DB, origin(host), "c1"))
    assert "services.db: Postgres cannot keep its WAL for a snapshot: point" in str(error.value)


def test_slots_of_before_are_dropped_and_told() -> None:
    said: list[str] = []
    asked = replace(origin(saying("slipway_1_s1")), say=said.append)

    postgres_pitr.drop(DB, asked, "c1")

    assert said == ["db: slot slipway_1_s1 is dropped: x-backup has no `pitr` any more"]


def test_wal_is_let_go_up_to_the_end_of_its_last_segment() -> None:
    host = saying()

    postgres_pitr.let_go(of(WAL, **WAL_FACTS), host, "c1")

    (command,) = host.commands
    assert command.argv[-3:] == ("c1", "slipway_1_s1", "0/6000000")
    with pytest.raises(CommandFailed):
        postgres_pitr.let_go(of(WAL, **WAL_FACTS), saying(code=3), "c1")


@pytest.mark.parametrize(
    ("offset", "wanted"),
    [(0, "0/0"), (0xFF00_0000, "0/FF000000"), (1 << 32, "1/0"), (0x12_3400_0000, "12/34000000")],
)
def test_a_position_as_postgres_writes_it(offset: int, wanted: str) -> None:
    assert postgres_pitr.position(offset) == wanted


def test_both_are_read_by_tar_and_told_on_the_page() -> None:
    for archive in FULL.archives:
        assert postgres.reader(archive, "postgres:15").argv == ("tar", "--list", "--file=-")

    page = by_hand.instructions(FULL)

    assert "Base backup of the whole server, ended 1970-01-01 00:01:40+00:00:" in page
    assert "| tar --extract --directory=./db-base" in page
    assert "touch ./db-base/recovery.signal" in page
    assert "back to" not in page
    followed = replace(FULL, archives=(of(WAL, **WAL_FACTS, after="s0"),))
    assert "First the same of s0" in by_hand.instructions(followed)
