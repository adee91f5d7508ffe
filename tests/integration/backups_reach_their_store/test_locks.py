"""What Object Lock keeps is told as kept, and never hidden."""

import http.client
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from backups_reach_their_store.conftest import Opens

from deploy.backup.stores.s3 import S3Settings
from deploy.sandbox import Sandbox


@pytest.fixture
def locking(sandbox: Sandbox) -> str:
    """A bucket of its own, with Object Lock and so with versions."""
    name = f"locking-{uuid.uuid4().hex[:8]}"
    ask(sandbox, "PUT", f"/{name}", {"x-amz-bucket-object-lock-enabled": "true"})
    return name


def ask(sandbox: Sandbox, method: str, path: str, headers: dict[str, str] | None = None) -> bytes:
    """Ask the API for what no store does."""
    connection = http.client.HTTPConnection(sandbox.s3_from_here.removeprefix("http://"))
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status < 300, said
        return said
    finally:
        connection.close()


def test_what_is_locked_is_told_as_kept_and_stays_visible(locking: str, opened: Opens) -> None:
    store = opened(bucket=locking, lock_days=1)
    store.write("locked", b"data")

    (kept,) = store.remove(["locked"])

    assert kept.key == "locked"
    assert kept.until is not None
    assert abs(kept.until - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    assert [entry.key for entry in store.keys("")] == ["locked"]
    assert store.read("locked") == b"data"


def test_what_is_not_locked_goes_with_all_its_versions(
    locking: str, opened: Opens, sandbox: Sandbox, settings: S3Settings
) -> None:
    locked, free = opened(bucket=locking, lock_days=1), opened(bucket=locking)
    locked.write("a/locked", b"")
    free.write("a/free", b"first")
    place = f"/{locking}/{settings.prefix}/a/free"
    ask(sandbox, "DELETE", place)  # names no version: leaves a marker
    free.write("a/free", b"second")
    ask(sandbox, "DELETE", place)

    assert [each.key for each in free.remove(["a/free", "a/locked"])] == ["a/locked"]
    assert [entry.key for entry in free.keys("")] == ["a/locked"]
    assert ask(sandbox, "GET", f"/{locking}?versions").count(b"<VersionId>") == 1


def test_parts_are_locked_too(locking: str, opened: Opens) -> None:
    store = opened(bucket=locking, lock_days=1)
    store.probe()

    assert [each.key for each in store.remove(["probe"])] == ["probe"]
