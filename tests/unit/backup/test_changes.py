"""A snapshot of changes builds on one that is proven, whole, and known to the server."""

import dataclasses

import pytest
from backup.memory import PROJECT, Memory, snapshot_of

from deploy.backup import keys
from deploy.backup.catalog import STORED, STRUCTURE, Catalog, Proof
from deploy.backup.changes import Base, find_base
from deploy.backup.snapshot import Kind, Opened, Snapshot
from deploy.errors import DamagedSnapshot

FULL, INCREMENTAL, DIFFERENTIAL = Kind
INDEXES = ("s1/media", "s2/media", "s2/uploads", "s3/media")
PAIR = keys.generate()


def of(name: str, kind: Kind, parent: str = "") -> Snapshot:
    return dataclasses.replace(snapshot_of(name, key=PAIR), kind=kind, parent=parent)


@pytest.fixture
def catalog() -> Catalog:
    """A full snapshot s1, s2 that builds on it, and s3 that builds on s2 and is not proven."""
    catalog = Catalog(Memory(), PROJECT)
    for number, snapshot in enumerate(
        [of("s1", FULL), of("s2", INCREMENTAL, "s1"), of("s3", INCREMENTAL, "s2")]
    ):
        catalog.add(snapshot, PAIR.secret)
        catalog.prove(snapshot.id, Proof(STRUCTURE if number < 2 else STORED, number))
    return catalog


def told(base: Base) -> tuple[str, list[str], set[str]]:
    return base.id, [one.id for one in base.line], {*base.sources}


def test_the_newest_proven_one(catalog: Catalog) -> None:
    found = find_base(INCREMENTAL, catalog, INDEXES)

    assert told(found) == ("s2", ["s2", "s1"], {"media", "uploads"})


def test_a_differential_builds_on_the_newest_full_one(catalog: Catalog) -> None:
    assert told(find_base(DIFFERENTIAL, catalog, INDEXES)) == ("s1", ["s1"], {"media"})


def test_a_full_one_builds_on_nothing(catalog: Catalog) -> None:
    assert find_base(FULL, catalog, INDEXES) == Base()


def test_nor_does_one_of_which_the_server_knows_nothing(catalog: Catalog) -> None:
    assert find_base(INCREMENTAL, catalog, ["s3/media"]) == Base()
    assert find_base(INCREMENTAL, catalog, []) == Base()


def test_a_chain_that_lacks_a_link_is_passed_over(catalog: Catalog) -> None:
    catalog.store.remove([catalog.key("s1", "manifest.json")])

    assert find_base(INCREMENTAL, catalog, INDEXES) == Base()


def test_where_not_only_files_build_on_it_no_index_is_needed(catalog: Catalog) -> None:
    found = find_base(INCREMENTAL, catalog, ["s1/media"], files=False)

    assert told(found) == ("s2", ["s2", "s1"], set())
    assert find_base(FULL, catalog, INDEXES, files=False) == Base()


def changed(snapshot: Snapshot, since: str) -> Snapshot:
    dump, tar = snapshot.archives
    tar = dataclasses.replace(tar, form="tar-changes", facts={"since": since})
    return dataclasses.replace(snapshot, archives=(dump, tar))


def test_a_source_comes_back_from_the_oldest_on() -> None:
    first = Opened(of("s1", FULL), PAIR.secret)
    second = Opened(changed(of("s2", INCREMENTAL, "s1"), "s1"), PAIR.secret, first)
    third = Opened(changed(of("s3", INCREMENTAL, "s2"), "s2"), PAIR.secret, second)

    assert [part.opened.snapshot.id for part in third.parts("media")] == ["s1", "s2", "s3"]
    assert [part.opened.snapshot.id for part in third.parts("db")] == ["s3"]
    assert third.parts("other") == ()


def test_a_source_that_the_base_does_not_hold_is_told() -> None:
    without = dataclasses.replace(of("s1", FULL), archives=())
    second = changed(of("s2", INCREMENTAL, "s1"), "s1")

    for base in (None, Opened(without, PAIR.secret)):
        with pytest.raises(DamagedSnapshot, match="s2: media builds on s1, which does not hold it"):
            Opened(second, PAIR.secret, base).parts("media")
