"""How snapshots and pruning look."""

import dataclasses
import io
import json

import pytest
from backup.memory import MIDNIGHT, snapshot_of
from rich.console import Console

from deploy.backup.catalog import (
    DRILLED,
    STORED,
    STRUCTURE,
    Damaged,
    Entry,
    Listing,
    Proof,
    Standing,
)
from deploy.backup.prune import Pruning
from deploy.backup.retention import Decision
from deploy.backup.snapshot import Kind
from deploy.backup.stores.base import Kept, Upload
from deploy.backup.telling.freshness import age
from deploy.tasks.show_backup import (
    Telling,
    show_listing,
    show_pruning,
    size,
    standing_line,
    standing_record,
    taken_line,
    taken_record,
)

NOW = 1_000_000.0
OLD = Entry(snapshot_of("s1", begun=NOW - 3 * 86400), (Proof(STORED, int(NOW) - 60),))
NEW = Entry(snapshot_of("s2", begun=NOW - 7300), (Proof(DRILLED, int(NOW) - 300, 4),))
BARE = Entry(snapshot_of("s3", begun=NOW))
PRUNING = Pruning(
    (
        Decision("s2", keep=True, reasons=("last 1", "daily 1970-01-12")),
        Decision("s1", keep=False, reasons=("-",)),
    ),
    ("s1",),
    ("shop-staging/dead/a",),
    (Upload("shop-staging/dead/b", "u1", MIDNIGHT),),
)
Capture = pytest.CaptureFixture[str]


def test_a_line_for_each_snapshot(capsys: Capture) -> None:
    show_listing(Listing((BARE, NEW, OLD)), now=NOW, as_json=False)

    head, bare, new, old = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head == ["snapshot", "age", "kind", "size", "proof", "holds"]
    assert bare[:6] == ["s3", "0", "s", "full", "1.0", "KiB"]
    assert "unproven" in bare
    assert " ".join(new[3:]) == "full 1.0 KiB restored and compared, 5 min ago db, media"
    assert old[1:3] == ["3", "d"]
    assert " ".join(old).endswith("stored bytes match, 60 s ago db, media")


def test_no_snapshots_say_what_to_type(capsys: Capture) -> None:
    show_listing(Listing(()), now=NOW, as_json=False)

    assert capsys.readouterr().out == "no snapshots yet: take one with `inv backup`\n"


def test_damaged_ones_are_told_on_standard_error(capsys: Capture) -> None:
    show_listing(Listing((NEW,), (Damaged("s0", "cut"),)), now=NOW, as_json=False)

    assert capsys.readouterr().err == "s0: damaged: cut\n"


def test_damaged_ones_are_told_beside_json_too(capsys: Capture) -> None:
    show_listing(Listing((NEW,), (Damaged("s0", "cut"),)), now=NOW, as_json=True)

    said = capsys.readouterr()
    assert [record["id"] for record in json.loads(said.out)] == ["s2"]
    assert said.err == "s0: damaged: cut\n"


def test_a_snapshot_as_json(capsys: Capture) -> None:
    show_listing(Listing((NEW, BARE)), now=NOW, as_json=True)

    new, bare = json.loads(capsys.readouterr().out)
    assert new == {
        "id": "s2",
        "kind": "full",
        "begun": NOW - 7300,
        "seconds": 5.0,
        "stored": 1040,
        "parent": "",
        "release": "r1",
        "level": 3,
        "proven_at": int(NOW) - 300,
        "archives": ["db.shop.dump.zst.age", "media.tar.zst.age"],
        "to": None,
    }
    assert (bare["level"], bare["proven_at"]) == (0, None)


def test_what_a_database_can_be_brought_to(capsys: Capture) -> None:
    facts = {"stream": "a", "first": 1, "last": 2, "until": 200.0}
    dump = NEW.snapshot.archives[0]
    archives = (
        dataclasses.replace(dump, form="pg-base", facts={"ended": 100.0}),
        dataclasses.replace(dump, form="pg-wal", facts=facts),
    )
    snapshot = dataclasses.replace(NEW.snapshot, archives=archives)
    listing = Listing((dataclasses.replace(NEW, snapshot=snapshot), BARE))

    show_listing(listing, now=NOW, as_json=False)
    said = capsys.readouterr().out
    show_listing(listing, now=NOW, as_json=True)

    assert said.endswith(
        "db can be brought to any moment from 1970-01-01 00:01:40+00:00"
        " to 1970-01-01 00:03:20+00:00\n"
    )
    assert [one["to"] for one in json.loads(capsys.readouterr().out)] == [200.0, None]


def test_how_it_stands_in_words_and_for_machines() -> None:
    stands = Standing(NEW, 1, 2)

    assert standing_line(stands, NOW) == "s2, 2 h old, proven to level 3"
    assert standing_record(stands, NOW) == {"id": "s2", "age": 7300, "level": 3}


def test_nothing_proven_in_words_and_for_machines() -> None:
    assert standing_line(Standing(None, 0, 3), NOW) == "none proven"
    assert standing_record(Standing(None, 0, 3), NOW) == {"id": None, "age": None, "level": 0}


def test_a_plan_says_what_would_go_and_why(capsys: Capture) -> None:
    show_pruning(PRUNING, (), applied=False, as_json=False)

    assert capsys.readouterr().out.splitlines() == [
        "keep   s2  last 1; daily 1970-01-12",
        "remove s1  -",
        "remove shop-staging/dead/a  its backup never ended",
        "remove shop-staging/dead/b  an upload that never ended",
        "1 of 2 snapshots would be removed: add --apply",
    ]


def test_what_a_lock_keeps_is_named(capsys: Capture) -> None:
    show_pruning(PRUNING, (Kept("k1"), Kept("k2", MIDNIGHT)), applied=True, as_json=False)

    assert capsys.readouterr().out.splitlines()[-3:] == [
        "locked k1  until somebody unlocks it",
        "locked k2  until 2026-01-02 00:00:00+00:00",
        "1 of 2 snapshots removed",
    ]


def test_a_plan_as_json(capsys: Capture) -> None:
    show_pruning(PRUNING, (), applied=False, as_json=True)

    assert json.loads(capsys.readouterr().out)[1] == {"id": "s1", "keep": False, "reasons": ["-"]}


def test_a_backup_tells_lines_in_a_pipe_and_no_progress() -> None:
    out = io.StringIO()
    telling = Telling(Console(file=out, force_terminal=False))

    telling.progress("db.dump", 1, 1)
    telling.say("[db] done")

    assert out.getvalue() == "[db] done\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (172800, "2 d")],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (5 * 2**40, "5.0 TiB"),
        (2**60, "1048576.0 TiB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


def test_what_was_taken_is_told_with_what_it_builds_on() -> None:
    changes = dataclasses.replace(NEW.snapshot, kind=Kind.INCREMENTAL, parent="s0")
    proof = Proof(STRUCTURE, 10, 1)

    said = taken_line(changes, proof, Kind.INCREMENTAL)

    assert said == f"incremental snapshot {changes.id} on s0, 1040 bytes, proven to level 2"
    assert taken_record(changes, proof) == {
        "id": changes.id,
        "kind": "incremental",
        "parent": "s0",
        "stored": 1040,
        "level": 2,
    }


def test_that_a_full_one_was_taken_instead_is_told() -> None:
    proof = Proof(STRUCTURE, 10, 1)

    assert "nothing to build on" in taken_line(NEW.snapshot, proof, Kind.DIFFERENTIAL)
    assert "nothing to build on" not in taken_line(NEW.snapshot, proof, Kind.FULL)
    dump, _ = NEW.snapshot.archives
    no_files = dataclasses.replace(NEW.snapshot, archives=(dump,))
    assert "nothing to build on" not in taken_line(no_files, proof, Kind.INCREMENTAL)
    base = dataclasses.replace(NEW.snapshot, archives=(dataclasses.replace(dump, form="pg-base"),))
    assert "nothing to build on" in taken_line(base, proof, Kind.INCREMENTAL)
