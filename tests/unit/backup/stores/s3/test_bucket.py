"""How URLs are signed: no provider is asked for that."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.backup.stores.s3 import S3Settings
from deploy.backup.stores.s3.bucket import Bucket
from deploy.errors import StoreError

AWS = S3Settings(bucket="vault-of-ann", region="eu-central-1")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def signed(settings: S3Settings, key: str = "x", seconds: int = 60) -> str:
    bucket = Bucket(settings)
    try:
        return bucket.sign("get_object", key, seconds)
    finally:
        bucket.close()


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (AWS, "https://vault-of-ann.s3.eu-central-1.amazonaws.com/x"),
        (replace(AWS, path_style=True), "https://s3.eu-central-1.amazonaws.com/vault-of-ann/x"),
        (replace(AWS, bucket="a.b.c"), "https://s3.eu-central-1.amazonaws.com/a.b.c/x"),
        (replace(AWS, endpoint="https://s3.test"), "https://vault-of-ann.s3.test/x"),
        (
            replace(AWS, endpoint="https://s3.test:9000", path_style=True, prefix="/app/prod/"),
            "https://s3.test:9000/vault-of-ann/app/prod/x",
        ),
        (
            replace(
                AWS, endpoint="http://s3.sandbox", reach="http://127.0.0.1:20014", path_style=True
            ),
            "http://s3.sandbox/vault-of-ann/x",
        ),
    ],
)
def test_a_url_names_the_provider_as_others_know_it(settings: S3Settings, address: str) -> None:
    assert signed(settings).partition("?")[0] == address


def test_a_url_is_for_one_operation_and_some_time() -> None:
    bucket = Bucket(AWS)
    url = bucket.sign("upload_part", "x", 900, UploadId="u", PartNumber=7)
    bucket.close()

    asked = parse_qs(urlsplit(url).query)
    assert (asked["uploadId"], asked["partNumber"]) == (["u"], ["7"])
    assert (asked["X-Amz-Expires"], asked["X-Amz-SignedHeaders"]) == (["900"], ["host"])
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert not [name for name in asked if "checksum" in name.lower()]


@pytest.mark.parametrize("seconds", [0, -1, 7 * 24 * 3600 + 1])
def test_a_url_lasts_up_to_seven_days(seconds: int) -> None:
    with pytest.raises(StoreError, match=r"^s3://vault-of-ann/x: a URL cannot be valid for"):
        signed(AWS, seconds=seconds)


def test_a_page_that_is_not_the_last_says_what_follows() -> None:
    bucket = Bucket(AWS)

    bucket.whole({"IsTruncated": False}, "Next")
    bucket.whole({"IsTruncated": True, "Next": "a"}, "Next")
    with pytest.raises(StoreError, match="breaks off"):
        bucket.whole({"IsTruncated": True}, "Next")


def test_boto3_is_imported_when_a_bucket_is_used() -> None:
    code = (
        "import sys; from deploy.backup.stores.s3 import S3Settings, S3Store;"
        "S3Store(S3Settings('b')); print('boto3' in sys.modules, 'botocore' in sys.modules)"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["False", "False"]
