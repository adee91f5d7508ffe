"""What is in the store: snapshots, proofs, what is damaged, what was abandoned."""

import dataclasses
from datetime import timedelta

import pytest
from backup.memory import MIDNIGHT, PROJECT, Memory, snapshot_of

from deploy.backup import keys
from deploy.backup.catalog import DRILLED, STORED, STRUCTURE, Catalog, Entry, Proof, Standing
from deploy.backup.snapshot import Snapshot
from deploy.errors import AlreadyThere, DamagedSnapshot, SettingsError

PAIR = keys.generate()


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(Memory(), PROJECT)


def add(catalog: Catalog, *names: str) -> None:
    for name in names:
        catalog.store.write(catalog.key(name, "db.shop.dump.zst.age"), b"bytes")
        catalog.add(snapshot_of(name, key=PAIR), PAIR.secret)


def ids(catalog: Catalog) -> list[str]:
    return [entry.snapshot.id for entry in catalog.listing().entries]


def test_newest_first(catalog: Catalog) -> None:
    add(catalog, "20260101T000000Z-aaaa", "20260103T000000Z-aaaa", "20260102T000000Z-aaaa")

    assert [name[:8] for name in ids(catalog)] == ["20260103", "20260102", "20260101"]


def test_without_a_manifest_there_is_no_snapshot(catalog: Catalog) -> None:
    catalog.store.write(catalog.key("s1", "db.shop.dump.zst.age"), b"bytes")

    assert ids(catalog) == []


def test_an_environment_sees_its_own_only(catalog: Catalog) -> None:
    add(catalog, "s1")

    assert ids(Catalog(catalog.store, "shop-stag")) == []
    assert ids(Catalog(catalog.store, "shop")) == []


def test_a_manifest_is_written_once(catalog: Catalog) -> None:
    add(catalog, "s1")

    with pytest.raises(AlreadyThere):
        catalog.add(snapshot_of("s1", key=PAIR), PAIR.secret)


def test_proofs_are_told_by_their_keys(catalog: Catalog) -> None:
    add(catalog, "s1")
    for proof in (Proof(STRUCTURE, 100, 7), Proof(DRILLED, 50, 20), Proof(STORED, 900)):
        catalog.prove("s1", proof)
    catalog.store.write(catalog.key("s1", "proof-of-concept"), b"")

    (entry,) = catalog.listing().entries

    assert set(entry.proofs) == {Proof(2, 100, 7), Proof(3, 50, 20), Proof(1, 900, 0)}
    assert entry.best == Proof(3, 50, 20)


@pytest.mark.parametrize(
    ("levels", "proven"), [((), False), ((1,), False), ((2,), True), ((1, 4), True)]
)
def test_what_reads_to_its_end_counts(levels: tuple[int, ...], *, proven: bool) -> None:
    entry = Entry(snapshot_of("s1"), tuple(Proof(level, 0) for level in levels))

    assert entry.proven is proven


def test_a_damaged_one_is_told_and_hides_no_other(catalog: Catalog) -> None:
    add(catalog, "s1")
    catalog.store.write(catalog.key("s2", "manifest.json"), b"{")

    listing = catalog.listing()

    assert [entry.snapshot.id for entry in listing.entries] == ["s1"]
    assert [(one.id, one.why) for one in listing.damaged] == [
        ("s2", "its manifest is cut or is no manifest")
    ]
    with pytest.raises(DamagedSnapshot, match="s2: its manifest is cut"):
        catalog.choose("s2")


def test_a_manifest_that_was_moved_is_not_taken_for_another(catalog: Catalog) -> None:
    add(catalog, "s1")
    manifest = catalog.store.read(catalog.key("s1", "manifest.json"))
    catalog.store.write(catalog.key("s9", "manifest.json"), manifest)
    elsewhere = Catalog(catalog.store, "shop-production")
    elsewhere.store.write(elsewhere.key("s1", "manifest.json"), manifest)

    assert ids(catalog) == ["s1"]
    assert [one.why for one in catalog.listing().damaged] == [
        "its manifest belongs to another snapshot"
    ]
    assert ids(elsewhere) == []


@pytest.mark.parametrize(
    ("point", "found"),
    [
        ("latest", "20260102T000000Z-bbbb"),
        ("20260101T000000Z-aaaa", "20260101T000000Z-aaaa"),
        ("20260101", "20260101T000000Z-aaaa"),
    ],
)
def test_a_point_names_one(catalog: Catalog, point: str, found: str) -> None:
    add(catalog, "20260101T000000Z-aaaa", "20260102T000000Z-bbbb")

    assert catalog.choose(point).snapshot.id == found


@pytest.mark.parametrize(
    ("point", "wrong"),
    [("2026", "several snapshots begin like that"), ("2027", "there is no such snapshot")],
)
def test_a_point_that_names_not_one(catalog: Catalog, point: str, wrong: str) -> None:
    add(catalog, "20260101T000000Z-aaaa", "20260102T000000Z-bbbb")

    with pytest.raises(SettingsError) as error:
        catalog.choose(point)
    assert str(error.value) == (
        f"--point: '{point}': {wrong}. there are: 20260102T000000Z-bbbb, 20260101T000000Z-aaaa."
    )


def test_of_none_there_is_no_latest(catalog: Catalog) -> None:
    with pytest.raises(SettingsError, match="there is no such snapshot. there are: none"):
        catalog.choose("latest")


def test_it_is_read_only_with_the_right_seal(catalog: Catalog) -> None:
    add(catalog, "s1")

    assert catalog.read("s1", PAIR.secret).id == "s1"
    with pytest.raises(DamagedSnapshot, match="the seal is not ours"):
        catalog.read("s1", keys.generate().secret)


def test_how_it_stands_is_told_by_the_newest_proven_one(catalog: Catalog) -> None:
    add(catalog, "s1", "s2", "s3", "s4")
    for name, level in (("s1", DRILLED), ("s2", STRUCTURE), ("s3", STORED)):
        catalog.prove(name, Proof(level, 100))

    found = catalog.standing()

    assert found.newest
    assert found.newest.snapshot.id == "s2"
    assert (found.proven, found.unproven) == (2, 2)


def test_a_damaged_one_is_not_what_it_stands_on(catalog: Catalog) -> None:
    add(catalog, "s1")
    catalog.store.write(catalog.key("s2", "manifest.json"), b"{")
    for name in ("s1", "s2"):
        catalog.prove(name, Proof(STRUCTURE, 100))

    found = catalog.standing()

    assert found.newest
    assert (found.newest.snapshot.id, found.proven, found.unproven) == ("s1", 1, 1)


def test_where_nothing_is_proven_it_stands_on_nothing(catalog: Catalog) -> None:
    assert catalog.standing() == Standing(None, 0, 0)
    add(catalog, "s1")
    assert catalog.standing() == Standing(None, 0, 1)


def test_strays_are_old_and_of_no_snapshot() -> None:
    store = Memory()
    catalog = Catalog(store, PROJECT)
    add(catalog, "whole")
    store.write(catalog.key("dead", "db.shop.dump.zst.age"), b"1")
    store.write(catalog.key("slow", "db.shop.dump.zst.age"), b"1")
    store.now = MIDNIGHT + timedelta(hours=20)
    store.write(catalog.key("slow", "media.tar.zst.age"), b"1")
    store.write("shop-production/dead/a", b"1")

    found = catalog.strays(MIDNIGHT + timedelta(hours=10))

    assert found == (catalog.key("dead", "db.shop.dump.zst.age"),)


def test_what_leaves_sources_out_is_not_the_latest_unless_it_is_asked_for(catalog: Catalog) -> None:
    add(catalog, "s1")
    some = dataclasses.replace(snapshot_of("s2", key=PAIR), only=("db", "media"))
    catalog.add(some, PAIR.secret)
    for name in ("s1", "s2"):
        catalog.prove(name, Proof(STRUCTURE, 100))

    assert catalog.choose("latest").snapshot == some
    assert catalog.choose("latest", Snapshot.holds).snapshot.id == "s1"
    assert (some.holds(["db"]), some.holds(["db", "uploads"])) == (True, False)
    with pytest.raises(SettingsError, match="'latest': none holds all data. there are: s2, s1"):
        catalog.choose("latest", lambda _: False)
    assert catalog.choose("s2").snapshot == some
    standing = catalog.standing()
    assert standing.newest is not None
    assert (standing.newest.snapshot.id, standing.proven, standing.unproven) == ("s1", 2, 0)
