"""What Postgres holds comes back as it was, and what was there before it too."""

import pytest
from backups_come_back.databases import content, fill
from backups_come_back.shop import Shop

RUIN = """
drop schema "sales Ünits" cascade;
drop database "w'ei""rd näme=1/2";
delete from notes where id % 2 = 0;
alter role reader password 'another';
create table since_then (id int);
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
