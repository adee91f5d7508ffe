"""Snapshots of what has changed: little is sent, and all comes back."""

import json

import pytest
from backups_come_back.shop import KEY, Shop
from backups_come_back.tree import grow, listing, ruin

# 8 MiB that do not compress, in files that stay, and then a few that change, go and come.
FIRST = """
import os, pathlib
at = pathlib.Path("/uploads")
(at / "album").mkdir(exist_ok=True)
for number in range(8):
    (at / f"album/{number}").write_bytes(os.urandom(1 << 20))
    os.utime(at / f"album/{number}", (1e9, 1e9))
"""
SETTLE = "import time; time.sleep(2.5)"  # what was touched a moment ago is sent again
SECOND = """
import os, pathlib
at = pathlib.Path("/uploads/album")
(at / "0").unlink()
(at / "1").write_bytes(b"new")
(at / "2").rename(at / "moved")
(at / "3").unlink(); (at / "3").mkdir(); (at / "3/in it").write_text("a folder now")
os.link(at / "4", at / "4 too")
"""
THIRD = """
import pathlib, shutil
at = pathlib.Path("/uploads/album")
shutil.rmtree(at / "3")
(at / "last").write_text("last")
"""
MIB = 1 << 20


@pytest.fixture
def album(shop: Shop) -> Shop:
    shop.python(FIRST)
    shop.python(SETTLE)
    return shop


def take(shop: Shop, kind: str) -> dict[str, object]:
    ended = shop.inv("backup", "--json", "--kind", kind, "--only", "uploads")
    assert ended.code == 0, ended.all
    found: dict[str, object] = json.loads(ended.out)
    return found


def comes_back(shop: Shop, snapshot: object, wanted: dict[str, dict[str, object]]) -> None:
    shop.python("import shutil; shutil.rmtree('/uploads/album')")
    ended = shop.restore("--only", "uploads", "--point", str(snapshot))
    assert ended.code == 0, ended.all
    assert listing(shop, "/uploads") == wanted


def lose(shop: Shop, snapshot: str) -> None:
    """Have a snapshot removed by somebody who does not look what builds on it."""
    there = shop.s3.list_objects_v2(Bucket="backups", Prefix=shop.prefix)["Contents"]
    for key in (found["Key"] for found in there if snapshot in found["Key"]):
        shop.s3.delete_object(Bucket="backups", Key=key)


def test_each_builds_on_the_one_before_and_comes_back(album: Shop) -> None:
    full = take(album, "full")
    at_first = listing(album, "/uploads")
    album.python(SECOND)
    album.python(SETTLE)
    second = take(album, "incremental")
    at_second = listing(album, "/uploads")
    album.python(THIRD)
    third = take(album, "incremental")
    at_third = listing(album, "/uploads")
    since_full = take(album, "differential")

    assert (full["kind"], full["parent"]) == ("full", "")
    assert (second["kind"], second["parent"]) == ("incremental", full["id"])
    assert (third["kind"], third["parent"]) == ("incremental", second["id"])
    assert (since_full["kind"], since_full["parent"]) == ("differential", full["id"])
    assert int(str(full["stored"])) > 8 * MIB
    assert int(str(second["stored"])) < 3 * MIB  # what was moved and what was linked
    assert int(str(third["stored"])) < MIB / 2
    drilled = album.inv("backup.drill", "--key", KEY, "--point", str(third["id"]))
    assert drilled.code == 0, drilled.all
    comes_back(album, third["id"], at_third)
    comes_back(album, second["id"], at_second)
    comes_back(album, since_full["id"], at_third)
    comes_back(album, full["id"], at_first)
    album.assert_tidy()


@pytest.mark.thorough
def test_whatever_a_tree_holds_comes_back_from_a_chain(shop: Shop) -> None:
    grow(shop, "/uploads")
    take(shop, "full")
    ruin(shop, "/uploads")
    wanted = listing(shop, "/uploads")
    last = take(shop, "incremental")
    shop.python("import subprocess; subprocess.run('rm -rf /uploads/*', shell=True, check=True)")

    ended = shop.restore("--only", "uploads", "--point", str(last["id"]))

    assert ended.code == 0, ended.all
    assert listing(shop, "/uploads") == wanted


@pytest.mark.thorough
def test_without_an_index_a_full_one_is_taken_and_said_so(album: Shop) -> None:
    take(album, "full")
    album.on_server(f"rm -rf {album.root}/backup/index")

    ended = album.inv("backup", "--kind", "incremental", "--only", "uploads")

    assert ended.code == 0, ended.all
    assert "full snapshot" in ended.out
    assert "incremental was wanted, and there is nothing to build on" in ended.out


@pytest.mark.thorough
def test_what_was_restored_is_sent_whole_as_it_is_another_volume(album: Shop) -> None:
    full = take(album, "full")
    wanted = listing(album, "/uploads")
    comes_back(album, full["id"], wanted)

    after = take(album, "incremental")

    assert after["parent"] == full["id"]
    assert int(str(after["stored"])) > 8 * MIB
    comes_back(album, after["id"], wanted)


@pytest.mark.thorough
def test_a_chain_that_lacks_a_link_is_told_and_built_on_no_more(album: Shop) -> None:
    full = take(album, "full")
    middle = take(album, "incremental")
    last = take(album, "incremental")
    lose(album, str(middle["id"]))

    ended = album.restore("--only", "uploads", "--point", str(last["id"]))
    album.refused(ended, str(middle["id"]), "it is there no longer")

    after = take(album, "incremental")
    assert after["parent"] == full["id"]


def test_a_kind_that_is_unknown_is_refused(shop: Shop) -> None:
    shop.refused(shop.inv("backup", "--kind", "half"), "--kind", "'half'", "incremental")
