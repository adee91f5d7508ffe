"""Small objects are written once, listed to the last, and removed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from backups_reach_their_store.conftest import Opens
from backups_reach_their_store.door import Door

from deploy.backup.stores.base import Store
from deploy.backup.stores.s3 import S3Store
from deploy.errors import AlreadyThere, NotThere, StoreError


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
def test_what_was_written_is_read(opened: Opens, checksums: str) -> None:
    store = opened(checksums=checksums)
    data = bytes(range(256)) * 100
    store.write("a/ü b+&%.json", data)

    assert store.read("a/ü b+&%.json") == data
    assert [entry.key for entry in store.keys("a/")] == ["a/ü b+&%.json"]
    assert list(store.keys("b/")) == []


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
def test_what_was_damaged_on_the_way_is_not_written(
    opened: Opens, door: Door, checksums: str
) -> None:
    store = opened(reach=door.address, checksums=checksums)
    door.damages = (b"data", b"dara")

    with pytest.raises(StoreError, match="PutObject failed with"):
        store.write("x", b"data")

    assert list(store.keys("")) == []


def test_what_was_damaged_on_the_way_is_not_read(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    store.write("x", b"data")
    door.replaces = (b"data", b"dara")

    with pytest.raises(StoreError, match="checksum"):
        store.read("x")


def test_an_object_is_written_once(any_store: Store) -> None:
    any_store.write("manifest.json", b"first")

    with pytest.raises(AlreadyThere, match=r"\w/manifest.json: it is there already, and"):
        any_store.write("manifest.json", b"second")

    assert any_store.read("manifest.json") == b"first"


def test_of_many_who_write_at_once_one_succeeds(any_store: Store) -> None:
    def write(number: int) -> bool:
        try:
            any_store.write("manifest.json", b"%d" % number)
        except (AlreadyThere, StoreError):
            return False
        return True

    any_store.write("warm", b"")
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(write, range(8)))

    assert done.count(True) == 1
    assert any_store.read("manifest.json") == b"%d" % done.index(True)


def test_a_list_is_whole_beyond_a_page(any_store: Store) -> None:
    keys = [f"many/{number:04}" for number in range(1105)]
    any_store.write("other", b"")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: any_store.write(key, b"x"), keys))

    assert [entry.key for entry in any_store.keys("many/")] == keys
    assert any_store.remove(keys) == ()
    assert [entry.key for entry in any_store.keys("")] == ["other"]


def test_what_is_not_there_is_said_so(any_store: Store) -> None:
    with pytest.raises(NotThere, match=r"/gone: it is not there"):
        any_store.read("gone")


def test_removing_what_is_not_there_is_no_error(any_store: Store) -> None:
    any_store.write("here", b"")

    assert any_store.remove(["here", "gone"]) == ()
    assert any_store.remove(["here"]) == ()
    assert any_store.remove([]) == ()
    assert list(any_store.keys("")) == []


def test_two_prefixes_of_a_bucket_do_not_meet(store: S3Store, opened: Opens) -> None:
    other = opened(prefix="tests/other")
    store.write("same", b"one")
    other.remove(["same"])

    other.write("same", b"two")

    assert (store.read("same"), other.read("same")) == (b"one", b"two")


def test_a_store_may_be_a_whole_bucket(opened: Opens, store: S3Store) -> None:
    store.write("x", b"")
    (own,) = store.keys("")

    assert any(entry.key.endswith(f"/{own.key}") for entry in opened(prefix="").keys("tests/"))


def test_nothing_is_overwritten(any_store: Store) -> None:
    any_store.probe()
    any_store.probe()

    assert [entry.key for entry in any_store.keys("")] == ["probe"]
