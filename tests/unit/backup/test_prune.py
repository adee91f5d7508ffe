"""What goes: the manifest first, what a lock keeps is told, and nothing goes that is not told."""

from datetime import timedelta

import pytest
from backup.memory import MIDNIGHT, PROJECT, Memory, snapshot_of

from deploy.backup import keys, prune
from deploy.backup.catalog import STORED, STRUCTURE, Catalog, Proof
from deploy.backup.retention import Policy
from deploy.errors import RetentionRefused

DAY = 86400.0
NOW = (MIDNIGHT + timedelta(days=30)).timestamp()
LAST_TWO = Policy(last=2)


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def catalog(store: Memory) -> Catalog:
    """Three proven snapshots, s1 the oldest, s3 the newest."""
    catalog = Catalog(store, PROJECT)
    for number in (1, 2, 3):
        add(catalog, f"s{number}", MIDNIGHT.timestamp() + number * DAY)
    return catalog


def add(catalog: Catalog, name: str, begun: float, level: int = STRUCTURE) -> None:
    pair = keys.generate()
    catalog.store.write(catalog.key(name, "media.tar.zst.age"), b"bytes")
    catalog.add(snapshot_of(name, key=pair, begun=begun), pair.secret)
    catalog.prove(name, Proof(level, int(begun)))


def plan(catalog: Catalog, policy: Policy = LAST_TWO, **pinned: str) -> prune.Pruning:
    return prune.plan(catalog, catalog.listing(), policy, NOW, pinned)


def test_planning_removes_nothing(store: Memory, catalog: Catalog) -> None:
    before = dict(store.objects)

    assert plan(catalog).removals == ("s1",)
    assert (store.objects, store.removed) == (before, [])


def test_a_snapshot_goes_whole_its_manifest_first(store: Memory, catalog: Catalog) -> None:
    kept = prune.apply(catalog, plan(catalog))

    assert kept == ()
    assert store.removed[0] == catalog.key("s1", "manifest.json")
    assert not [key for key in store.objects if "/s1/" in key]
    assert [one.snapshot.id for one in catalog.listing().entries] == ["s3", "s2"]


def test_what_a_release_rolls_back_to_stays(catalog: Catalog) -> None:
    found = plan(catalog, s1="release r1 rolls back to it")

    assert found.removals == ()
    assert "release r1 rolls back to it" in found.decisions[-1].reasons


def test_what_was_not_proven_pushes_nothing_out(catalog: Catalog) -> None:
    add(catalog, "s4", MIDNIGHT.timestamp() + 4 * DAY, STORED)

    assert plan(catalog).removals == ("s1",)


def test_a_locked_snapshot_is_told_and_stays_whole(store: Memory, catalog: Catalog) -> None:
    manifest = catalog.key("s1", "manifest.json")
    store.locked.add(manifest)

    kept = prune.apply(catalog, plan(catalog))

    assert [one.key for one in kept] == [manifest]
    assert store.removed == []


def test_what_never_ended_goes_after_a_day(store: Memory, catalog: Catalog) -> None:
    store.write(catalog.key("dead", "db.dump.zst.age"), b"1")
    old = store.begin(catalog.key("dead", "media.tar.zst.age"))
    other = store.begin("shop-production/dead/media.tar.zst.age")
    store.now = MIDNIGHT + timedelta(days=29, hours=12)
    store.write(catalog.key("now", "db.dump.zst.age"), b"1")
    young = store.begin(catalog.key("now", "media.tar.zst.age"))

    found = plan(catalog)
    prune.apply(catalog, found)

    assert found.strays == (catalog.key("dead", "db.dump.zst.age"),)
    assert found.uploads == (old,)
    assert set(store.uploads.values()) == {young, other}
    assert catalog.key("now", "db.dump.zst.age") in store.objects


def test_without_snapshots_nothing_is_decided() -> None:
    assert plan(Catalog(Memory(), PROJECT)) == prune.Pruning((), (), (), ())


def test_without_a_policy_nothing_is_decided(catalog: Catalog) -> None:
    with pytest.raises(RetentionRefused):
        plan(catalog, Policy())
