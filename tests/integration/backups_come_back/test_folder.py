"""A store in a folder on the server keeps the promises of a bucket, and its disk may be full."""

import subprocess
from collections.abc import Iterator
from signal import SIGKILL

import pytest
from backups_come_back.databases import content, fill
from backups_come_back.large import LARGE, lines_of_large
from backups_come_back.shop import KEY, Shop, make_shop
from backups_come_back.tree import grow, listing, ruin
from stage import wait_until

from deploy.sandbox import Sandbox

pytestmark = pytest.mark.thorough

ON = "deploy@production.sandbox"


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, whose snapshots lie in a folder of its own on its server."""
    found = make_shop(sandbox, tmp_path_factory.mktemp("shop") / "checkout")
    found.on_server(f"install -d -o deploy {store(found)}")
    settings = found.folder / "deploy.toml"
    text = settings.read_text().replace(f"s3://backups/{found.prefix}", f"file://{store(found)}")
    left_out = ("endpoint", "path_style")
    kept = [line for line in text.splitlines() if not line.startswith(left_out)]
    settings.write_text("\n".join(kept))
    fill(found)
    grow(found, "/uploads")
    found.sql(LARGE)
    yield found
    found.on_server(f"umount {store(found)}; rm -rf {store(found)}")
    found.close()


def store(shop: Shop) -> str:
    return f"/mnt/{shop.app}"


def files(shop: Shop) -> list[str]:
    """Return all files of the store, relative to it."""
    return sorted(shop.on_server(f"cd {store(shop)} && find . -type f -printf '%P\\n'").split())


def carry(shop: Shop, elsewhere: Shop) -> None:
    """Have the folder on another server too, as a share would be."""
    tar = ["tar", "-C", "/mnt", "-cf", "-", shop.app]
    argv = [
        ["docker", "exec", "-i", one.sandbox.container(one.server)] for one in (shop, elsewhere)
    ]
    packed = subprocess.run([*argv[0], *tar], capture_output=True, check=True).stdout
    subprocess.run([*argv[1], "tar", "-C", "/mnt", "-xf", "-"], input=packed, check=True)


def test_data_comes_back_as_from_a_bucket(shop: Shop) -> None:
    before = content(shop), listing(shop, "/uploads"), lines_of_large(shop)
    taken = shop.backup()
    (listed,) = shop.listed()
    assert (listed["id"], listed["level"]) == (taken, 2)
    assert all(file.startswith(f"{shop.project}/{taken}/") for file in files(shop)), files(shop)
    owners = shop.on_server(f"find {store(shop)} -type f -printf '%u %m\\n' | sort -u")
    assert owners == "deploy 600\n"

    for task in ("backup.verify", "backup.drill"):
        ended = shop.inv(task, "--key", KEY)
        assert ended.code == 0, ended.all
    assert shop.listed()[0]["level"] == 3
    for task in ("status", "backup.check"):
        ended = shop.inv(task)
        assert ended.code == 0, ended.all
        assert f"{taken}, " in ended.out, ended.all

    shop.sql("drop table large")
    ruin(shop, "/uploads")
    ended = shop.restore()
    assert ended.code == 0, ended.all
    assert (content(shop), listing(shop, "/uploads"), lines_of_large(shop)) == before
    shop.assert_tidy()


def test_an_archive_that_is_damaged_or_gone_is_named(shop: Shop) -> None:
    taken = shop.backup()
    dump = f"{store(shop)}/{shop.project}/{taken}/db.shop.dump.zst.age"
    shop.on_server(f"mv {dump} {dump}.aside")
    shop.refused(shop.inv("backup.verify"), "db.shop.dump", "the store has it no longer")
    shop.on_server(f"head -c 100000 {dump}.aside >{dump}; chown deploy {dump}")
    shop.refused(shop.inv("backup.verify"), "db.shop.dump", "100000 bytes")
    shop.on_server(f"mv {dump}.aside {dump}")
    assert shop.inv("backup.verify").code == 0


def test_a_deploy_takes_one_too_and_prune_removes_the_others(shop: Shop) -> None:
    shop.backup()
    before = {one["id"] for one in shop.listed()}
    shop.release(shop.next_tag())
    (newest,) = {one["id"] for one in shop.listed()} - before
    ended = shop.inv("backup.prune", "--apply")
    assert ended.code == 0, ended.all
    assert [one["id"] for one in shop.listed()] == [newest]
    assert {file.split("/")[1] for file in files(shop)} == {newest}


def test_a_disk_that_becomes_full_leaves_nothing(shop: Shop) -> None:
    lines, there = lines_of_large(shop), shop.containers()
    shop.on_server(f"mount -t tmpfs -o size=4m,uid=$(id -u deploy),mode=700 full {store(shop)}")
    try:
        shop.refused(shop.inv("backup"), "No space left on device", "see that there is room")
        assert shop.listed() == []
        assert files(shop) == []
        shop.refused(shop.deploy(shop.next_tag()), "No space left on device")
        assert files(shop) == []
    finally:
        shop.on_server(f"umount {store(shop)}")
    assert (lines_of_large(shop), shop.containers(), shop.serving()) == (lines, there, shop.tag)
    assert len(shop.listed()) == 1
    shop.assert_tidy()


def test_a_folder_that_is_not_there_or_not_ours(shop: Shop) -> None:
    shop.on_server(f"mv {store(shop)} {store(shop)}.away")
    try:
        for task in ("backup", "backup.list", "backup.prune", "backup.check"):
            shop.refused(shop.inv(task), store(shop), "there is no such folder", "mount the disk")
        shop.on_server(f"mkdir {store(shop)}")
        shop.refused(shop.inv("backup"), "user deploy may not write there")
    finally:
        shop.on_server(f"rm -rf {store(shop)}; mv {store(shop)}.away {store(shop)}")


def test_what_a_killed_client_left_goes_a_day_later(shop: Shop) -> None:
    whole = [one["id"] for one in shop.listed()]
    with shop.type("backup") as run:
        with shop.locked("large") as release:
            wait_until(lambda: bool(shop.dumps()))
            run.send_signal(SIGKILL)
            release()
        shop.ended(run)
    shop.assert_tidy()
    assert [one["id"] for one in shop.listed()] == whole
    assert [file for file in files(shop) if file.startswith(".uploads/")]

    assert shop.inv("backup.prune", "--apply").code == 0
    assert [file for file in files(shop) if file.startswith(".uploads/")], "it may be under way"
    old = f"find . ! -path '*/{whole[0]}*' -exec touch -d '2 days ago' {{}} +"
    shop.on_server(f"cd {store(shop)} && {old}")
    ended = shop.inv("backup.prune", "--apply")
    assert ended.code == 0, ended.all
    assert "an upload that never ended" in ended.out
    assert {file.split("/")[1] for file in files(shop)} == set(whole), ended.all


def test_another_server_where_the_folder_is_mounted(shop: Shop) -> None:
    elsewhere = shop.on("production")
    shop.backup()
    try:
        ended = shop.inv("recover", "--key", KEY, "--yes", "--on", ON)
        shop.refused(ended, f"{ON}:{store(shop)}: there is no such folder", "mount the disk")
        carry(shop, elsewhere)
        ended = shop.inv("recover", "--key", KEY, "--yes", "--on", ON)
        assert ended.code == 0, ended.all
        assert content(elsewhere) == content(shop)
        assert elsewhere.serving() == shop.tag
    finally:
        elsewhere.on_server(f"rm -rf {store(shop)}")
        elsewhere.clear()
