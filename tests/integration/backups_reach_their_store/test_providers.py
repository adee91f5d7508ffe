"""What is wrong with a provider, or with the way to it, is said; a list is never short."""

from datetime import UTC, datetime

import pytest
from backups_reach_their_store.conftest import Opens
from backups_reach_their_store.door import Door
from backups_reach_their_store.server import Server

from deploy.errors import StoreError, StoreRefused, StoreUnreachable
from deploy.sandbox import Sandbox


def test_a_bucket_that_is_missing(opened: Opens) -> None:
    store = opened(bucket="nobodys-bucket")
    says = r"there is no bucket nobodys-bucket\. create it"

    with pytest.raises(StoreError, match=says):
        list(store.keys(""))
    with pytest.raises(StoreError, match=says):
        store.write("x", b"")
    with pytest.raises(StoreError, match=says):
        store.begin("x")
    with pytest.raises(StoreError, match=says):
        store.remove(["x"])


def test_an_endpoint_that_nobody_listens_at(opened: Opens) -> None:
    store = opened(reach="http://127.0.0.1:9")

    with pytest.raises(StoreUnreachable, match=r"http://127.0.0.1:9 does not answer\. see that"):
        store.read("x")


def test_an_endpoint_that_is_no_address(opened: Opens) -> None:
    with pytest.raises(StoreError, match=r"127.0.0.1 is no address\. write it as"):
        opened(reach="127.0.0.1").read("x")


def test_no_credentials(opened: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = opened()

    with pytest.raises(StoreRefused, match=r"there are no credentials for it\. set AWS_ACCESS"):
        store.read("x")
    with pytest.raises(StoreRefused, match="there are no credentials for it"):
        store.link("x", 60)


def test_a_profile_that_does_not_exist(opened: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(StoreRefused, match=r"profile \(nobody\) could not be found\. log in again"):
        opened().read("x")


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        ((403, "AccessDenied"), StoreRefused, "the credentials do not allow GetObject. allow them"),
        ((403, "InvalidAccessKeyId"), StoreRefused, "the credentials are wrong for it. set AWS"),
        ((403, "SignatureDoesNotMatch"), StoreRefused, "the credentials are wrong for it. set AWS"),
        ((400, "ExpiredToken"), StoreRefused, "the credentials have expired. log in again"),
        ((403, "RequestTimeTooSkewed"), StoreRefused, "this machine's clock is too far from its"),
        (
            (400, "AuthorizationHeaderMalformed"),
            StoreError,
            "the bucket is in another region. name",
        ),
    ],
)
def test_refusals(
    opened: Opens, door: Door, refusal: tuple[int, str], kind: type[StoreError], says: str
) -> None:
    store = opened(reach=door.address)
    door.refuses = refusal

    with pytest.raises(kind) as caught:
        store.read("x")

    assert says in str(caught.value)
    assert "as the door says" in caught.value.detail


def test_a_provider_that_stays_busy_is_asked_several_times(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    door.refuses = (503, "SlowDown")

    with pytest.raises(
        StoreUnreachable, match=r"too busy, or broken: SlowDown \(503\).*again later"
    ):
        store.read("x")

    assert door.asked == 4


def test_a_list_that_breaks_off_is_an_error_and_not_a_short_list(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    store.write("one", b"")
    door.replaces = (b"<IsTruncated>false<", b"<IsTruncated>true<")

    with pytest.raises(StoreError, match="list breaks off in the middle"):
        list(store.keys(""))
    with pytest.raises(StoreError, match="list breaks off in the middle"):
        list(store.unfinished("", datetime.now(UTC)))


def test_a_provider_that_overwrites_is_found_out(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    store.probe()
    door.ignores = {"if-none-match"}

    with pytest.raises(StoreError, match="ignores If-None-Match: a second write went over"):
        store.probe()


def test_a_provider_that_misses_what_is_to_be_removed(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    door.refuses, door.refused = (404, "NoSuchKey"), "DELETE"

    assert store.remove(["gone"]) == ()


def test_what_may_not_be_removed_is_an_error_where_nothing_locks_it(
    opened: Opens, door: Door
) -> None:
    store = opened(reach=door.address)
    store.write("x", b"")
    door.refuses, door.refused = (403, "AccessDenied"), "DELETE"

    with pytest.raises(StoreRefused, match=r"/x: the credentials do not allow DeleteObject"):
        store.remove(["x"])


def test_a_write_whose_answer_is_lost_has_succeeded(opened: Opens, door: Door) -> None:
    store = opened(reach=door.address)
    door.loses = 1

    store.write("manifest.json", b"data")

    assert store.read("manifest.json") == b"data"


def test_a_completion_whose_answer_is_lost_has_succeeded(
    opened: Opens, door: Door, sandbox: Sandbox
) -> None:
    store = opened(reach=door.address)
    upload = store.begin("db.dump")
    (url,) = store.part_urls(upload, [1], 60).values()
    _, tag = Server(sandbox).put(url, 4, "d")
    door.loses = 1

    store.complete(upload, {1: tag})

    assert store.read("db.dump") == b"dddd"
