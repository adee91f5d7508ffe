"""An object is sent in parts by a server that can do nothing but that."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from backups_reach_their_store.conftest import Opens
from backups_reach_their_store.server import Server

from deploy.backup.stores.base import Upload
from deploy.backup.stores.s3 import S3Store
from deploy.backup.stores.s3.sums import content_md5
from deploy.errors import AlreadyThere, NotThere, StoreError
from deploy.sandbox import Sandbox

LEAST = 5 * 1024 * 1024
"""Bytes of every part but the last."""
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def server(sandbox: Sandbox) -> Server:
    return Server(sandbox)


def sent(
    store: S3Store, server: Server, key: str, *, parts: int = 1
) -> tuple[Upload, dict[int, str]]:
    """Send an object from a server: 5 MiB for each part but the last."""
    upload = store.begin(key)
    urls = store.part_urls(upload, range(1, parts + 1), 60)
    etags = {}
    for number, url in urls.items():
        status, tag = server.put(url, LEAST if number < parts else 1000, "abcdef"[number - 1])
        assert status == 200
        etags[number] = tag
    return upload, etags


def test_what_a_server_sent_in_parts_is_the_object(store: S3Store, server: Server) -> None:
    upload, etags = sent(store, server, "db.dump", parts=3)
    assert list(store.keys("")) == []

    store.complete(upload, etags)

    assert store.read("db.dump") == b"a" * LEAST + b"b" * LEAST + b"c" * 1000
    (found,) = store.keys("")
    assert (found.key, found.size) == ("db.dump", 2 * LEAST + 1000)
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_server_fetches_by_a_link(store: S3Store, server: Server) -> None:
    store.write("a b/ü+%.txt", b"hello")

    assert server.get(store.link("a b/ü+%.txt", 60)) == (200, "hello")


def test_the_urls_of_parts_can_do_nothing_else(store: S3Store, server: Server) -> None:
    upload = store.begin("db.dump")
    store.write("other", b"secret")
    (url,) = store.part_urls(upload, [1], 60).values()

    assert server.get(url)[0] == 403
    assert server.put(url.replace("db.dump", "other"), 10, "x")[0] == 403
    assert server.put(url.replace("partNumber=1", "partNumber=2"), 10, "x")[0] == 403
    store.abort(upload)


def test_a_url_that_expired_is_refused(store: S3Store, server: Server) -> None:
    upload = store.begin("db.dump")
    store.write("small", b"x")
    (url,) = store.part_urls(upload, [1], 1).values()
    link = store.link("small", 1)
    deadline = time.monotonic() + 20
    while server.get(link)[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.2)

    assert server.get(link)[0] == 403
    assert server.put(url, 10, "x")[0] == 403
    store.abort(upload)


def test_a_second_upload_does_not_go_over_the_first(store: S3Store, server: Server) -> None:
    store.complete(*sent(store, server, "db.dump"))
    upload, etags = sent(store, server, "db.dump")

    with pytest.raises(
        AlreadyThere, match=r"db\.dump: it is there already, and is not overwritten"
    ):
        store.complete(upload, etags)

    store.abort(upload)
    assert store.read("db.dump") == b"a" * 1000


def test_an_upload_that_was_aborted_leaves_nothing(store: S3Store, server: Server) -> None:
    upload, etags = sent(store, server, "db.dump")

    store.abort(upload)
    store.abort(upload)

    assert list(store.keys("")) == []
    assert list(store.unfinished("", LATER)) == []
    with pytest.raises(NotThere, match="its upload is gone"):
        store.complete(upload, etags)


def test_unfinished_uploads_are_listed_by_age(store: S3Store, server: Server) -> None:
    upload, _ = sent(store, server, "one/db.dump")
    done, etags = sent(store, server, "one/files.tar")
    store.complete(done, etags)
    other = store.begin("two/db.dump")

    (found,) = store.unfinished("one/", LATER)

    assert (found.key, found.id) == (upload.key, upload.id)
    assert abs(found.begun - upload.begun) <= timedelta(seconds=1)
    assert {each.id for each in store.unfinished("", LATER)} == {upload.id, other.id}
    assert list(store.unfinished("", found.begun)) == []
    for each in (upload, other):
        store.abort(each)


def test_parts_that_are_not_those_that_arrived_make_no_object(
    store: S3Store, server: Server
) -> None:
    upload, _ = sent(store, server, "db.dump")

    with pytest.raises(StoreError, match="its parts are not those that were sent"):
        store.complete(upload, {1: '"00000000000000000000000000000000"'})

    assert list(store.keys("")) == []
    store.abort(upload)


def test_a_part_that_was_damaged_on_the_way_is_refused(store: S3Store, server: Server) -> None:
    upload = store.begin("db.dump")
    (url,) = store.part_urls(upload, [1], 60).values()

    assert server.put(url, 100, "x", f"Content-MD5: {content_md5(b'y' * 100)}")[0] == 400
    assert server.put(url, 100, "x", f"Content-MD5: {content_md5(b'x' * 100)}")[0] == 200
    store.abort(upload)


def test_more_parts_than_the_provider_takes_are_not_begun(opened: Opens) -> None:
    store = opened(max_parts=1000)
    upload = store.begin("db.dump")

    assert list(store.part_urls(upload, [1, 1000], 60)) == [1, 1000]
    with pytest.raises(StoreError, match="it may have 1000 parts"):
        store.part_urls(upload, [1001], 60)
    store.abort(upload)


def test_a_storage_class_goes_with_the_upload(opened: Opens, server: Server) -> None:
    store = opened(storage_class="STANDARD_IA")
    store.complete(*sent(store, server, "db.dump"))

    assert "x-amz-storage-class: STANDARD_IA" in server.shell(
        f"curl -sS -o /dev/null -D - '{store.link('db.dump', 60)}'"
    )
