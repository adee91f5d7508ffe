"""What Postgres holds comes back as it was, and what was there before it too."""

import pytest
from backups_come_back.databases import ODD, content, fill
from backups_come_back.shop import KEY, Shop
from running import Running
from stage import wait_until

RUIN = """
drop schema "sales Ünits" cascade;
drop database "w'ei""rd näme=1/2";
delete from notes where id % 2 = 0;
alter role reader password 'another';
create table since_then (id int);
"""
IMPATIENT = """
alter role shop set statement_timeout = '1s';
alter role shop set idle_in_transaction_session_timeout = '1s';
"""
LATIN = "create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"
CITIES = """
set client_encoding = 'UTF8';
create table "cité" (name text);
insert into "cité" values ('Orléans');
"""
CITY = "set client_encoding = 'UTF8'; table \"cité\""
# Sessions that wait in the dump's snapshot: one for a table, and one for the next statement.
WAITING = """
select count(*) from pg_stat_activity where backend_xmin is not null and state = '{state}'
    and clock_timestamp() - state_change > '2s'
"""


@pytest.fixture(scope="module", autouse=True)
def before(shop: Shop) -> dict[str, str]:
    fill(shop)
    return content(shop)


def test_a_ruined_cluster_comes_back_and_the_ruin_too(shop: Shop, before: dict[str, str]) -> None:
    shop.backup()
    shop.sql(RUIN)
    ruined = content(shop)
    assert ruined != before

    ended = shop.restore()
    assert ended.code == 0, ended.all
    assert content(shop) == before
    assert shop.serving() == "v1"

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert content(shop) == ruined

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert content(shop) == before
    shop.assert_tidy()


@pytest.mark.thorough
def test_a_dump_outlives_the_timeouts_of_the_server(shop: Shop) -> None:
    shop.sql("create table parted (id int) partition by range (id)")

    def waits(state: str, sessions: int) -> bool:
        return int(shop.sql(WAITING.format(state=state))) >= sessions

    with shop.locked("parted") as second, shop.locked("notes") as first:
        shop.sql(IMPATIENT)
        run = Running(shop, "backup", "--only", "db")
        wait_until(lambda: waits("active", 2))  # pg_dump, and who counts
        first()
        wait_until(lambda: waits("idle in transaction", 1))  # who has counted; pg_dump still waits
        second()
    ended = run.ends()
    shop.sql("alter role shop reset all; drop table parted")

    assert ended.code == 0, ended.all
    ended = shop.inv("backup.drill", "--key", KEY)
    assert ended.code == 0, ended.all


def test_roles_that_are_made_and_dropped_while_a_dump_runs(shop: Shop) -> None:
    """Of the databases, `shop` is dumped before `w'ei"rd`, and the roles last."""
    shop.sql("create role gone; grant select on nothing to gone")
    with shop.locked("notes") as release:
        run = Running(shop, "backup", "--only", "db")
        wait_until(lambda: shop.sql("select count(*) from pg_locks where not granted") != "0\n")
        shop.sql("revoke select on nothing from gone; drop role gone; create role late")
        shop.sql("grant select on here to late", ODD)
        release()
    ended = run.ends()
    assert ended.code == 0, ended.all

    ended = shop.restore("--only", "db")

    assert ended.code == 0, ended.all
    assert shop.sql("select has_table_privilege('gone', 'nothing', 'select')") == "t\n"
    assert shop.sql("select has_table_privilege('late', 'here', 'select')", ODD) == "t\n"


@pytest.mark.thorough
def test_a_database_of_another_encoding(shop: Shop) -> None:
    shop.sql(LATIN)
    shop.sql(CITIES, "latin")
    shop.backup("--only", "db")
    shop.sql("drop database latin")

    ended = shop.restore("--only", "db")

    assert ended.code == 0, ended.all
    assert shop.sql(CITY, "latin") == "Orléans\n"
    assert shop.sql("show server_encoding", "latin") == "LATIN1\n"
    shop.sql("drop database latin")
