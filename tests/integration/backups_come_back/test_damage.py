"""What is damaged in the store is found and named, and what serves stays untouched."""

import hashlib
import json
from collections.abc import Callable, Iterator

import pytest
from backups_come_back.databases import content
from backups_come_back.shop import KEY, Shop

Breaks = Callable[[Shop, str], None]

NOTES = "create table notes as select n, md5(n::text) from generate_series(1, 1000) n"
DUMP, VOLUME, MANIFEST = "db.shop.dump.zst.age", "uploads.tar.zst.age", "manifest.json"


@pytest.fixture(scope="module")
def snapshot(shop: Shop) -> str:
    shop.sql(NOTES)
    shop.python("open('/uploads/one', 'w').write('1' * 100000)")
    return shop.backup()


@pytest.fixture
def untouched(shop: Shop, snapshot: str) -> Iterator[str]:
    """Give a snapshot that is whole again afterwards; what serves is the same before and after."""
    found = {key: shop.read(key) for key in shop.objects(snapshot)}
    before = content(shop), shop.containers(), shop.volumes()
    yield snapshot
    assert (content(shop), shop.containers(), shop.volumes()) == before
    shop.assert_tidy()
    for key, data in found.items():
        shop.write(key, data)


def flip(shop: Shop, snapshot: str) -> None:
    key = shop.place(snapshot, DUMP)
    data = bytearray(shop.read(key))
    data[len(data) // 2] ^= 1
    shop.write(key, bytes(data))


def truncate(shop: Shop, snapshot: str) -> None:
    key = shop.place(snapshot, DUMP)
    shop.write(key, shop.read(key)[:-100])


def grow(shop: Shop, snapshot: str) -> None:
    key = shop.place(snapshot, DUMP)
    shop.write(key, shop.read(key) + b"more")


def swap(shop: Shop, snapshot: str) -> None:
    one, other = (shop.place(snapshot, name) for name in (DUMP, VOLUME))
    first, second = shop.read(one), shop.read(other)
    shop.write(one, second)
    shop.write(other, first)


def remove(shop: Shop, snapshot: str) -> None:
    shop.s3.delete_object(Bucket="backups", Key=shop.place(snapshot, DUMP))


@pytest.mark.parametrize(
    "damage",
    [
        flip,
        *(pytest.param(one, marks=pytest.mark.thorough) for one in (truncate, grow, swap, remove)),
    ],
)
def test_an_archive(shop: Shop, untouched: str, damage: Breaks) -> None:
    damage(shop, untouched)
    shop.refused(shop.inv("backup.verify"), untouched, DUMP)
    shop.refused(shop.inv("backup.verify", "--key", KEY), untouched, DUMP)
    shop.refused(shop.restore(), DUMP)


def edit(shop: Shop, snapshot: str, *, seal: bool) -> None:
    """Change the manifest by hand; with `seal`, with the digest that fits."""
    key = shop.place(snapshot, MANIFEST)
    manifest = json.loads(shop.read(key))
    manifest["snapshot"]["archives"] = manifest["snapshot"]["archives"][:1]
    if seal:
        body = json.dumps(manifest["snapshot"], sort_keys=True, separators=(",", ":")).encode()
        manifest["sha256"] = hashlib.sha256(body).hexdigest()
    shop.write(key, json.dumps(manifest).encode())


def test_a_manifest_changed_by_hand(shop: Shop, untouched: str) -> None:
    edit(shop, untouched, seal=False)
    shop.refused(shop.inv("backup.verify", "--key", KEY), untouched)
    shop.refused(shop.restore("--point", untouched), untouched, "changed after it was written")
    ended = shop.inv("backup.list")
    assert f"{untouched}: damaged: " in ended.err


def test_a_manifest_changed_by_hand_with_its_digest(shop: Shop, untouched: str) -> None:
    edit(shop, untouched, seal=True)
    shop.refused(shop.inv("backup.verify", "--key", KEY), untouched, "edited")
    shop.refused(shop.restore(), untouched, "edited")


def test_a_manifest_cut_short(shop: Shop, untouched: str) -> None:
    key = shop.place(untouched, MANIFEST)
    shop.write(key, shop.read(key)[:-200])
    shop.refused(shop.restore("--point", untouched), untouched, "its manifest is cut")


def test_the_wrong_private_key(shop: Shop, untouched: str) -> None:
    shop.inv("backup.keygen", "--file", "other.key")
    wrong = shop.inv("restore", "--key", "other.key", "--yes")
    shop.refused(wrong, untouched, "other.key does not open it", "--key")
    shop.refused(shop.inv("backup.verify", "--key", "other.key"), "other.key does not open it")


def test_no_private_key(shop: Shop, untouched: str) -> None:
    shop.refused(shop.inv("restore", "--yes"), "no private key", "SLIPWAY_KEY")
    shop.refused(shop.inv("restore", "--yes", "--key", "gone.key"), "gone.key", "cannot be read")
    (shop.folder / "empty.key").write_text("nothing\n")
    shop.refused(shop.inv("restore", "--yes", "--key", "empty.key"), "no private key of age")
    assert untouched


def test_no_such_snapshot(shop: Shop, untouched: str) -> None:
    shop.refused(shop.restore("--point", "1999"), "there is no such snapshot", untouched)


def test_no_such_source(shop: Shop, untouched: str) -> None:
    shop.refused(shop.restore("--only", "nothing"), "no source 'nothing'", "db, uploads")
    assert untouched


def test_no_backup_in_the_settings(shop: Shop, untouched: str) -> None:
    settings = shop.folder / "deploy.toml"
    before = settings.read_text()
    settings.write_text(before.partition("[backup]")[0])
    try:
        for verb in (("backup",), ("backup.list",), ("backup.prune",), ("restore", "--yes")):
            shop.refused(shop.inv(*verb), "deploy.toml", "it has no [backup]")
    finally:
        settings.write_text(before)
    assert untouched


@pytest.mark.thorough
def test_no_bucket(shop: Shop, untouched: str) -> None:
    with shop.settings(("s3://backups/", "s3://nowhere/")):
        shop.refused(shop.inv("backup"), "nowhere")
        shop.refused(shop.restore(), "nowhere")
        shop.refused(shop.inv("backup.list"), "nowhere")
    assert untouched


@pytest.mark.thorough
def test_nobody_answers(shop: Shop, untouched: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with shop.settings(("http://s3.sandbox:4566", "http://127.0.0.1:9")), shop.having(**keys):
        for verb in (("backup",), ("backup.list",), ("restore", "--yes", "--key", KEY)):
            shop.refused(shop.inv(*verb), "127.0.0.1:9")
    assert untouched


@pytest.mark.thorough
def test_nobody_answers_the_server(shop: Shop, untouched: str) -> None:
    with shop.settings(("http://s3.sandbox:4566", "http://s3.sandbox:9")):
        shop.refused(shop.inv("backup"), "upload", "s3.sandbox")
        shop.refused(shop.restore(), "fetch", "s3.sandbox")
    assert len(shop.listed()) == 1
    assert all(untouched in key for key in shop.objects())
    assert not shop.uploads_under_way()


def test_nothing_is_deployed(shop: Shop, untouched: str) -> None:
    with shop.settings((f'app = "{shop.app}"', f'app = "n{shop.app}"')):
        shop.refused(shop.inv("backup"), "nothing is deployed here", "`inv deploy`")
        shop.refused(shop.restore(), "no such snapshot")
        shop.refused(shop.inv("restore.undo", "--yes"), "nothing is deployed here")
    shop.on_server(f"rm -rf /opt/n{shop.app}")
    assert untouched
