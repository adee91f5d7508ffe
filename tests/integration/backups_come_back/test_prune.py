"""Pruning says what it would do and why, does it when asked, and never removes the last proof."""

import time
from contextlib import closing

import pytest
from backups_come_back.shop import Shop

from deploy.backup.catalog import Catalog
from deploy.backup.prune import apply, plan
from deploy.backup.retention import Policy
from deploy.backup.stores.s3 import S3Settings, S3Store
from deploy.host import Secret
from deploy.sandbox.s3 import BUCKET, SECRET

DAY = 86400.0


@pytest.fixture(scope="module")
def taken(shop: Shop) -> tuple[str, ...]:
    """Three snapshots, the newest first; the newest has lost its proof."""
    shop.sql("create table notes as select 1 as n")
    found = tuple(shop.backup() for _ in range(3))[::-1]
    for key in shop.objects(found[0]):
        if "/proof-" in key:
            shop.s3.delete_object(Bucket=BUCKET, Key=key)
    return found


def test_a_plan_says_why_and_removes_nothing(shop: Shop, taken: tuple[str, ...]) -> None:
    before = shop.objects()
    ended = shop.inv("backup.prune")
    assert ended.code == 0, ended.all
    lines = {line.split()[1]: line for line in ended.out.splitlines()[:-1]}
    unproven, proven, old = (lines[one] for one in taken)
    assert unproven.startswith("keep ")
    assert proven.startswith("keep ")
    assert old.startswith("remove ")
    assert all(len(line.split("  ", 1)[1]) > 3 for line in lines.values()), ended.out
    assert ended.out.endswith("1 of 3 snapshots would be removed: add --apply\n")
    assert shop.objects() == before


def test_only_what_is_old_and_belongs_to_nothing_is_stray(
    shop: Shop, taken: tuple[str, ...]
) -> None:
    shop.write(f"{shop.prefix}/{shop.project}/20200101T000000Z-dead/db.zst.age", b"young")
    ended = shop.inv("backup.prune")
    assert "20200101T000000Z-dead" not in ended.out
    assert [one["id"] for one in shop.listed()] == list(taken)


def test_what_a_killed_backup_left_goes_a_day_later(shop: Shop, taken: tuple[str, ...]) -> None:
    settings = S3Settings(
        bucket=BUCKET,
        prefix=shop.prefix,
        endpoint=shop.sandbox.s3,
        reach=shop.sandbox.s3_from_here,
        path_style=True,
        access=("sandbox", Secret(SECRET)),
    )
    with closing(S3Store(settings)) as store:
        catalog, keep = Catalog(store, shop.project), Policy(last=9)
        stray, upload = (catalog.key("20200101T000000Z-dea1", name) for name in ("done", "begun"))
        store.write(stray, b"young")
        store.begin(upload)
        now = time.time()
        young = plan(catalog, catalog.listing(), keep, now, {})
        assert (young.strays, young.uploads, young.removals) == ((), (), ())
        old = plan(catalog, catalog.listing(), keep, now + 2 * DAY, {})
        assert stray in old.strays
        assert [one.key for one in old.uploads] == [upload]
        assert not old.removals
        assert not apply(catalog, old)
    assert not shop.strays(*taken)
    assert [one["id"] for one in shop.listed()] == list(taken)


def test_applied_it_removes_what_it_said(shop: Shop, taken: tuple[str, ...]) -> None:
    ended = shop.inv("backup.prune", "--apply")
    assert ended.code == 0, ended.all
    assert ended.out.endswith("1 of 3 snapshots removed\n")
    assert [one["id"] for one in shop.listed()] == list(taken[:2])
    assert not shop.objects(taken[2])
    again = shop.inv("backup.prune", "--apply")
    assert again.out.endswith("0 of 2 snapshots removed\n")
    assert len(shop.listed()) == 2


def test_what_a_release_goes_back_to_stays(shop: Shop, taken: tuple[str, ...]) -> None:
    shop.release(shop.next_tag())
    pinned = shop.listed()[0]["id"]
    newer = [shop.backup(), shop.backup()]
    ended = shop.inv("backup.prune", "--apply")
    assert ended.code == 0, ended.all
    left = [one["id"] for one in shop.listed()]
    assert pinned in left
    assert newer[1] in left
    assert newer[0] not in left
    assert "rolls back to it" in ended.out
    assert taken
