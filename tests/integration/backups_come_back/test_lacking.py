"""A snapshot that needs what the database's image of today lacks is refused, before any swap."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from backups_come_back.shop import KEY, Shop
from workspace import Workspace

PAIRS = """
create extension if not exists hstore;
create table pairs (pair hstore);
insert into pairs values ('a => 1');
"""
BARE = r"FROM postgres:15\nRUN find /usr -name hstore.control -delete"


def push_without_hstore(shop: Shop) -> str:
    image = f"registry.sandbox:5000/{shop.app}/postgres:bare"
    builder = Workspace(shop.folder, shop.sandbox, shop.app, "staging")
    builder.on_server(f"printf '{BARE}' | docker build -q -t {image} - && docker push -q {image}")
    return image


@pytest.fixture
def pairs(shop: Shop) -> str:
    """A snapshot of a table of an extension's type, which is not there any more."""
    shop.sql(PAIRS)
    snapshot = shop.backup()
    shop.sql("drop table pairs; drop extension hstore")
    return snapshot


@contextmanager
def without_hstore(shop: Shop) -> Iterator[None]:
    with shop.edited("compose.yaml", ("image: postgres:15", f"image: {push_without_hstore(shop)}")):
        shop.release(shop.next_tag(), "--no-backup", "--recreate", "db")
        yield
    shop.release(shop.next_tag(), "--no-backup", "--recreate", "db")


@pytest.mark.thorough
def test_an_extension(shop: Shop, pairs: str) -> None:
    with without_hstore(shop):
        before = shop.volumes()

        shop.refused(shop.restore("--point", pairs), "hstore")
        drilled = shop.inv("backup.drill", "--key", KEY, "--point", pairs)
        shop.refused(drilled, "hstore")

        assert shop.volumes() == before
        assert shop.sql("select to_regclass('pairs') is null") == "t\n"
        assert shop.serving() == shop.tag
    ended = shop.restore("--point", pairs)
    assert ended.code == 0, ended.all
    assert shop.sql("select pair -> 'a' from pairs") == "1\n"
    shop.assert_tidy()
