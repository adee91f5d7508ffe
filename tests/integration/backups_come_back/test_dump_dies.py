"""A dump that dies never becomes a snapshot, and leaves nothing behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGKILL, SIGTERM, Signals

import pytest
from backups_come_back.large import LARGE, lines_of_large
from backups_come_back.shop import Shop
from running import Running
from stage import wait_until

DUMP = "db.shop.dump"
WAITS = "select count(*) from pg_locks where not granted and relation = 'pg_largeobject'::regclass"


@pytest.fixture(scope="module")
def whole(shop: Shop) -> str:
    """A snapshot from before."""
    shop.sql(LARGE)
    return shop.backup()


@pytest.fixture
def unharmed(shop: Shop, whole: str) -> Iterator[str]:
    """Only the snapshot from before is there afterwards, and the next backup works."""
    lines = lines_of_large(shop)
    yield whole
    assert [one["id"] for one in shop.listed()] == [whole]
    assert shop.serving() == "v1"
    following = shop.backup()
    shop.assert_tidy()
    assert [one["id"] for one in shop.listed()] == [following, whole]
    assert lines_of_large(shop) == lines
    shop.forget(following)


def size_of_dump(shop: Shop, snapshot: str) -> int:
    """Return how many bytes `pg_dump` gave for a snapshot."""
    manifest = json.loads(shop.read(shop.place(snapshot, "manifest.json")))
    archives = manifest["snapshot"]["archives"]
    return next(int(one["plain"]["size"]) for one in archives if one["name"] == f"{DUMP}.zst.age")


def pump(shop: Shop) -> str:
    return f"slipway-opt-{shop.app}-{shop.env}-backup-run.{DUMP}"


@contextmanager
def held_in_the_middle(shop: Shop) -> Iterator[None]:
    """Let a dump wait for the large table, give it that, and hold it where its pipe is full."""
    try:
        with shop.locked("large") as release:
            wait_until(lambda: bool(shop.dumps()))
            pause = f"docker pause {pump(shop)} 2>/dev/null && echo held"
            wait_until(lambda: "held" in shop.on_server(pause))  # it may not have started yet
            release()
        assert shop.dumps()
        yield
    finally:
        shop.on_server(f"docker unpause {pump(shop)}")


@pytest.mark.thorough
def test_pg_dump_is_killed_at_the_start(shop: Shop, unharmed: str) -> None:
    with shop.locked("large") as release:
        run = Running(shop, "backup")
        wait_until(lambda: bool(shop.dumps()))
        shop.on_server(f"kill -KILL {' '.join(shop.dumps())}")
        release()
        shop.refused(run.ends(), "db.shop.dump: pg_dump: exit code 137")
    assert not shop.strays(unharmed)


def test_pg_dump_is_killed_in_the_middle(shop: Shop, unharmed: str) -> None:
    run = Running(shop, "backup")
    with held_in_the_middle(shop):
        shop.on_server(f"kill -KILL {' '.join(shop.dumps())}")
    shop.refused(run.ends(), "db.shop.dump: pg_dump: exit code 137")
    assert not shop.strays(unharmed)


@pytest.mark.thorough
def test_pg_dump_is_killed_near_its_end(shop: Shop, unharmed: str) -> None:
    """Large objects come after all tables."""
    shop.sql("select lo_from_bytea(0, 'the end')")
    whole = size_of_dump(shop, unharmed)
    with shop.locked("pg_largeobject") as release:
        run = Running(shop, "backup")
        wait_until(lambda: shop.sql(WAITS) == "1\n")
        (dump,) = shop.dumps()
        written = int(shop.on_server(f"sed -n 's/^wchar: //p' /proc/{dump}/io"))
        shop.on_server(f"kill -KILL {dump}")
        release()
    shop.refused(run.ends(), "db.shop.dump: pg_dump: exit code 137")
    assert written >= whole * 99 // 100
    assert not shop.strays(unharmed)


@pytest.mark.thorough
def test_the_pump_is_killed_in_the_middle(shop: Shop, unharmed: str) -> None:
    run = Running(shop, "backup")
    with held_in_the_middle(shop):
        shop.on_server(f"docker kill {pump(shop)}")
    shop.refused(run.ends(), "db.shop.dump")
    assert not shop.strays(unharmed)


@pytest.mark.thorough
def test_the_database_is_killed_in_the_middle(shop: Shop, unharmed: str) -> None:
    (container,) = shop.replicas("db")
    run = Running(shop, "backup")
    with held_in_the_middle(shop):
        shop.on_server(f"docker kill {container}")
    shop.refused(run.ends(), "db.shop.dump: pg_dump")
    assert not shop.strays(unharmed)
    shop.refused(shop.inv("backup"), "services.db", "does not run", "`inv deploy`")
    shop.on_server(f"docker start {container}")
    wait_until(lambda: "(healthy)" in shop.on_server(f"docker ps --filter name=^{container}$"))


@pytest.mark.parametrize("signal", [SIGKILL, pytest.param(SIGTERM, marks=pytest.mark.thorough)])
def test_the_client_dies_in_the_middle(shop: Shop, unharmed: str, signal: Signals) -> None:
    with shop.type("backup") as run:
        with held_in_the_middle(shop):
            run.send_signal(signal)
        ended = shop.ended(run)
    if signal == SIGTERM:
        shop.refused(ended, "interrupted")
        assert not shop.strays(unharmed)
    shop.assert_tidy()
    for key in shop.strays(unharmed):
        assert key.endswith(".zst.age"), key
    shop.sweep(unharmed)


def test_the_disk_is_full(shop: Shop, unharmed: str) -> None:
    """Parts wait on the disk until they are sent."""
    folder = f"{shop.root}/backup"
    owner = shop.on_server(f"stat --format 'uid=%u,gid=%g' {folder}").strip()
    shop.on_server(f"mount -t tmpfs -o size=6m,mode=700,{owner} tmpfs {folder}")
    try:
        ended = shop.inv("backup")
    finally:
        # What held the snapshots sleeps there for some seconds yet.
        wait_until(lambda: shop.on_server(f"umount {folder} && echo done") == "done\n")
    shop.refused(ended, "parts: No space left on device", "free space on the server")
    assert unharmed
