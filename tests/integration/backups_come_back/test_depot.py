"""What MySQL, MariaDB and Redis hold comes back as it was, on this server and on an empty one."""

from collections.abc import Iterator

import pytest
from backups_come_back import depot
from backups_come_back.shop import KEY, Shop, make_shop
from running import Running
from stage import wait_until
from workspace import CHECKOUT

from deploy.sandbox import Sandbox
from deploy.wiring.sandbox import start_sandbox

OF = {"mariadb": "mariadb:10.11", "mysql": "mysql:9"}

RESET = """MYSQL_PWD=another "$(command -v mariadb || echo mysql)" -uroot -e \\
    "alter user root@localhost identified by 'ro\\'ot \\\"secret\\\"'" """


@pytest.fixture(
    scope="module", params=["mariadb", pytest.param("mysql", marks=pytest.mark.thorough)]
)
def shop(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    start_sandbox(CHECKOUT, print, [request.param])
    folder = tmp_path_factory.mktemp("depot") / "checkout"
    found = make_shop(sandbox, folder, app="depot", DATABASE=OF[request.param])
    depot.sql(found, depot.FILLED)
    depot.keys(found, depot.KEYS)
    yield found
    found.close()


def test_both_come_back_and_what_was_there_before_too(shop: Shop) -> None:
    before, keys = depot.content(shop), depot.keys_content(shop)
    assert "elsewhere" in keys
    shop.backup()
    depot.sql(shop, depot.RUIN)
    depot.keys(shop, "FLUSHALL\nSET since_then 1\n")
    ruined, ruined_keys = depot.content(shop), depot.keys_content(shop)
    assert ruined != before

    ended = shop.restore()
    assert ended.code == 0, ended.all
    assert depot.content(shop) == before
    assert depot.keys_content(shop) == keys

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert depot.content(shop) == ruined
    assert depot.keys_content(shop) == ruined_keys
    shop.assert_tidy()


def test_a_drill_proves_it(shop: Shop) -> None:
    shop.backup()
    ended = shop.inv("backup.drill", "--key", KEY)
    assert ended.code == 0, ended.all
    assert "restored and compared" in ended.out
    assert "keys" in ended.out
    assert shop.listed()[0]["level"] == 3


def test_a_table_that_is_made_while_the_dump_runs(shop: Shop) -> None:
    with depot.locked(shop, "notes") as release:
        run = Running(shop, "backup", "--only", "db")
        wait_until(lambda: "metadata lock" in depot.sql(shop, "show processlist"))
        depot.sql(shop, "create table made (id int)")
        release()
    try:
        ended = run.ends()
        assert ended.code == 0, ended.all
        ended = shop.inv("backup.drill", "--key", KEY)
        assert ended.code == 0, ended.all
    finally:
        depot.sql(shop, "drop table made")


@pytest.mark.thorough
def test_a_database_of_many_tables(shop: Shop) -> None:
    depot.sql(shop, depot.MANY)
    snapshot = shop.backup("--only", "db")
    depot.sql(shop, "drop database many")

    ended = shop.restore("--only", "db", "--point", snapshot)

    assert ended.code == 0, ended.all
    last = "select id from many.`a table of many, number 1500`; drop database many"
    assert depot.sql(shop, last) == "1500\n"


@pytest.mark.thorough
@pytest.mark.parametrize("place", ["keys", "/srv/{app} keys"])
def test_a_redis_that_root_does_not_start_can_write_again(shop: Shop, place: str) -> None:
    place = place.format(app=shop.app)
    if place != "keys":
        shop.on_server(f"install -d -o 999 -g 999 -m 700 '{place}'")
    anew = ("--no-backup", "--recreate", "cache")
    by_redis = ("image: redis:7", "image: redis:7\n    user: redis")
    there = ('["keys:/data"]', f'["{place}:/data"]')
    with shop.edited("compose.yaml", by_redis, there):
        shop.release(shop.next_tag(), *anew)
        depot.keys(shop, depot.KEYS)
        before = depot.keys_content(shop)
        snapshot = shop.backup("--only", "cache")

        ended = shop.restore("--only", "cache", "--point", snapshot)

        assert ended.code == 0, ended.all
        assert depot.keys_content(shop) == before
        assert depot.keys(shop, "SET written 1\nSAVE\n") == "OK\nOK\n"
    shop.release(shop.next_tag(), *anew)


def test_a_password_that_was_changed_is_told(shop: Shop) -> None:
    depot.sql(shop, "alter user root@localhost identified by 'another'")
    try:
        ended = shop.inv("backup")
        shop.refused(ended, "services.db: ", "Access denied", "the one in its environment")
        assert "another" not in ended.all
    finally:
        shop.inside("db", ["sh", "-c", RESET])
