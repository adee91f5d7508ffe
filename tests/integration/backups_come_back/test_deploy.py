"""A deploy begins with a snapshot that is proven, and does nothing where it cannot have one."""

import json
from typing import Any

import pytest
from backups_come_back.databases import content
from backups_come_back.shop import Shop

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def released(shop: Shop) -> dict[str, Any]:
    """Return the current release as `inv releases` says it."""
    ended = shop.inv("releases", "--json")
    assert ended.code == 0, ended.all
    found = json.loads(ended.out)
    return dict(found["releases"][found["current"]])


def test_the_first_deploy_has_nothing_to_keep(shop: Shop) -> None:
    assert not shop.listed()


def test_a_deploy_takes_a_proven_snapshot(shop: Shop) -> None:
    shop.release(shop.next_tag())
    (taken,) = shop.listed()
    assert taken["level"] == 2
    assert "db.shop.dump.zst.age" in taken["archives"]
    assert released(shop)["backup"] == taken["id"]


def test_a_deploy_without_a_change_takes_none(shop: Shop) -> None:
    before = shop.listed()
    shop.release(shop.tag)
    assert shop.listed() == before


def test_a_deploy_asked_to_takes_none(shop: Shop) -> None:
    before = shop.listed()
    shop.release(shop.next_tag(), "--no-backup")
    assert shop.listed() == before
    assert not released(shop)["backup"]


@pytest.mark.parametrize("reaches", [("http://s3.sandbox:4566", "http://127.0.0.1:9")])
def test_a_store_that_does_not_answer_stops_it(shop: Shop, reaches: tuple[str, str]) -> None:
    before = shop.containers(), shop.current(), content(shop), shop.listed()
    with shop.settings(reaches), shop.having(**KEYS):
        shop.refused(shop.deploy(shop.next_tag()), "127.0.0.1:9")
    assert (shop.containers(), shop.current(), content(shop), shop.listed()) == before
    assert shop.serving() == shop.tag
    shop.assert_tidy()
    shop.release(shop.next_tag())
    assert len(shop.listed()) == len(before[3]) + 1
