"""A Postgres comes back as it was at any moment, and a moment out of reach is refused.

The tests of this file go through one history, in their order.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from backups_come_back.databases import content, fill
from backups_come_back.elsewhere import IMAGE, Elsewhere, fetch
from backups_come_back.shop import Shop

pytestmark = pytest.mark.thorough

MOUNT = 'volumes: ["database:/var/lib/postgresql/data"]'
WANTED = f"{MOUNT}\n    x-backup: {{ pitr: true }}"
_SEQUENCE = re.compile(r'^("odd seq"|notes_id_seq)\|\d+', re.MULTILINE)
DROPPED = "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
LOST = """
alter system set max_slot_wal_keep_size = '1MB';
select pg_reload_conf();
create table much (id int); select pg_switch_wal();
drop table much; select pg_switch_wal();
create table much (id int); select pg_switch_wal();
drop table much; select pg_switch_wal();
checkpoint;
select 1 / (count(*) = 1)::int from pg_replication_slots where wal_status = 'lost';
alter system reset max_slot_wal_keep_size;
select pg_reload_conf();
"""
SLOTS = "select slot_name from pg_replication_slots"


@dataclass(frozen=True)
class Then:
    """A moment by the server's clock, as `--to` takes it, and what the databases held."""

    moment: str
    content: dict[str, str]


@dataclass(frozen=True)
class History:
    """Three snapshots, and moments between them."""

    full: str
    second: str
    third: str
    moments: tuple[Then, ...]
    now: dict[str, str]


def recoverable(shop: Shop) -> dict[str, str]:
    """Return what the databases hold, but for where sequences are.

    Postgres logs them 32 values ahead, so one may skip some, as after a crash.
    """
    return {name: _SEQUENCE.sub(r"\1…", text) for name, text in content(shop).items()}


def remember(shop: Shop) -> Then:
    held = recoverable(shop)
    return Then(shop.sql("select clock_timestamp() at time zone 'utc'").strip(), held)


@pytest.fixture(scope="module")
def history(shop: Shop) -> History:
    before = shop.replicas("db")
    compose = shop.folder / "compose.yaml"
    compose.write_text(compose.read_text().replace(MOUNT, WANTED))
    shop.release(shop.next_tag(), "--no-backup")
    assert shop.replicas("db") == before  # nothing was restarted for it
    fill(shop)
    full = shop.backup("--kind", "full")
    moments = []
    shop.sql("insert into notes (text) values ('between full and second')")
    moments.append(remember(shop))
    shop.sql("update notes set text = text || '!'; drop database empty")
    second = shop.backup("--kind", "incremental")
    shop.sql("create table later (id int); insert into later select generate_series(1, 50000)")
    moments.append(remember(shop))
    shop.sql("truncate later; alter role reader password 'other'")
    moments.append(remember(shop))
    shop.sql('drop schema "sales Ünits" cascade')
    third = shop.backup("--kind", "incremental")
    return History(full, second, third, tuple(moments), recoverable(shop))


@pytest.mark.parametrize("number", [1, 0, 2])
def test_it_comes_back_as_it_was_at_a_moment(shop: Shop, history: History, number: int) -> None:
    shop.python("open('/uploads/note', 'w').write('stays')")
    then = history.moments[number]

    ended = shop.restore("--to", then.moment)
    assert ended.code == 0, ended.all
    assert "all of it reads" in ended.out
    assert recoverable(shop) == then.content
    assert shop.python("print(open('/uploads/note').read())") == "stays\n"
    inside = shop.inside("db", ["sh", "-c", "ls $PGDATA; cat $PGDATA/postgresql.auto.conf"])
    assert b"slipway" not in inside
    assert b"recovery" not in inside

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert recoverable(shop) == history.now
    shop.assert_tidy()


def test_it_comes_to_a_moment_by_hand(
    shop: Shop, history: History, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    then = history.moments[0]
    starts = ""
    for snapshot in (history.full, history.second):
        (tmp_path / snapshot).mkdir()
        for block in fetch(shop, snapshot, elsewhere, tmp_path / snapshot):
            if "snapshot.key" in block and ("./db-" in block or "team.key" in block):
                aimed = re.sub(
                    "recovery_target_time = .*",
                    f"recovery_target_time = '{then.moment} UTC'",
                    block,
                )
                elsewhere.carry_out(aimed)
                starts = "".join(re.findall("# (docker run .*)", block)) or starts

    starts = starts.replace("docker run", f"docker run -d --name {elsewhere.container}")
    elsewhere.carry_out(f"docker rm -fv {elsewhere.container}; {starts.replace('IMAGE', IMAGE)}")
    promoted = "psql -U shop -d shop -Atc 'select pg_is_in_recovery()' | grep -qx f"
    waits = f"until docker exec {elsewhere.container} {promoted}; do sleep 0.2; done"
    elsewhere.carry_out(waits)

    assert recoverable(elsewhere) == then.content


def test_increments_follow_without_a_base_backup_of_their_own(shop: Shop, history: History) -> None:
    listed = {one["id"]: one for one in shop.listed()}

    assert "db.pg-base.zst.age" in listed[history.full]["archives"]
    for one, parent in ((history.second, history.full), (history.third, history.second)):
        assert listed[one]["kind"] == "incremental"
        assert listed[one]["parent"] == parent
        assert "db.pg-wal.zst.age" in listed[one]["archives"]
        assert "db.pg-base.zst.age" not in listed[one]["archives"]
    kept = "select pg_current_wal_lsn() - restart_lsn < 2 * 16777216 from pg_replication_slots"
    assert shop.sql(kept) == "t\n"  # what is proven is let go
    assert listed[history.full]["to"] < listed[history.second]["to"] < listed[history.third]["to"]


def test_a_moment_out_of_reach_is_refused_and_told_what_is_not(
    shop: Shop, history: History
) -> None:
    for moment in ("2020-01-01", "2037-01-01 00:00+01:00"):
        ended = shop.restore("--to", moment)
        shop.refused(ended, "--to: db cannot be brought to", "proven snapshots reach 20", " to 20")
    shop.refused(shop.restore("--to", "yesterday"), "--to: 'yesterday' is no moment")
    shop.refused(shop.restore("--to", "2026-01-01", "--point", history.full), "--to")
    assert recoverable(shop) == history.now


def test_a_plain_restore_goes_by_the_dumps(shop: Shop, history: History) -> None:
    ended = shop.restore("--only", "db", "--point", history.third)
    assert ended.code == 0, ended.all
    assert recoverable(shop) == history.now
    assert shop.sql(SLOTS) == ""

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert shop.sql(SLOTS).startswith("slipway_1_")


@pytest.mark.parametrize("gone", [DROPPED, LOST])
def test_a_slot_that_is_gone_is_told_and_made_anew(shop: Shop, history: History, gone: str) -> None:
    del history
    shop.sql(gone)

    ended = shop.inv("backup", "--kind", "incremental")

    assert ended.code == 0, ended.all
    assert "is made; it keeps WAL from now on" in ended.out
    assert "so a base backup is taken" in ended.out
    shop.sql("create table after_that (id int)")
    then = remember(shop)
    shop.sql("drop table after_that")
    shop.refused(shop.restore("--to", then.moment), "--to", "cannot be brought to")
    shop.backup("--kind", "incremental")
    ended = shop.restore("--to", f"{then.moment}+00:00", "--only", "db")
    assert ended.code == 0, ended.all
    assert recoverable(shop) == then.content
    assert shop.inv("restore.undo", "--yes").code == 0


def test_what_came_to_a_moment_goes_on_from_there(shop: Shop, history: History) -> None:
    assert shop.restore("--to", history.moments[2].moment).code == 0

    ended = shop.inv("backup", "--kind", "incremental")

    assert ended.code == 0, ended.all
    assert "slot slipway_2_" in ended.out  # it is on a timeline of its own
    shop.sql("create table on_the_second (id int)")
    then = remember(shop)
    shop.sql("drop table on_the_second")
    shop.backup("--kind", "incremental")
    ended = shop.restore("--to", then.moment)
    assert ended.code == 0, ended.all
    assert recoverable(shop) == then.content


def test_a_snapshot_that_is_gone_leaves_a_gap_that_is_told(shop: Shop, history: History) -> None:
    shop.forget(history.second)

    shop.refused(shop.restore("--to", history.moments[1].moment), "--to", "proven snapshots reach")
    listed = shop.inv("backup.list").out
    assert "db can be brought to" in listed


def test_where_it_is_no_longer_wanted_nothing_is_kept(shop: Shop, history: History) -> None:
    del history
    with shop.edited("compose.yaml", (WANTED, MOUNT)):
        shop.release(shop.next_tag(), "--no-backup")

    ended = shop.inv("backup", "--json", "--only", "db")

    assert ended.code == 0, ended.all
    assert shop.sql(SLOTS) == ""
    (found,) = (one for one in shop.listed() if one["id"] == json.loads(ended.out)["id"])
    assert "db.pg-wal.zst.age" not in found["archives"]
