"""A store in a bucket."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from deploy.backup.stores.base import Entry, Kept, Upload
from deploy.backup.stores.s3 import sums, versions
from deploy.backup.stores.s3.bucket import Bucket, answer_of
from deploy.backup.stores.s3.settings import S3Settings
from deploy.errors import AlreadyThere, NotThere, StoreError

NONE_THERE: Final = "*"
"""If-None-Match: no object of that key, whatever its content."""
PROBE: Final = "probe"


class S3Store:
    """Objects below a prefix of a bucket. See `Store` for what each method promises."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._bucket = Bucket(settings)

    def keys(self, prefix: str) -> Iterator[Entry]:
        """Yield every object whose key begins with `prefix`; no page is missing at the end."""
        bucket = self._bucket
        with bucket.told(prefix):
            pages = bucket.api.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket.name, Prefix=bucket.full(prefix)):
                for found in page.get("Contents", []):
                    yield Entry(bucket.own(found["Key"]), found["Size"], found["LastModified"])
                bucket.whole(page, "NextContinuationToken")

    def read(self, key: str) -> bytes:
        """Return a small object whole."""
        with self._bucket.told(key):
            answer = self._bucket.api.get_object(**self._which(key))
            # Not `with`: the body that it gives is the one that is not checked.
            with closing(answer["Body"]):
                return answer["Body"].read()

    def write(self, key: str, data: bytes) -> None:
        """Write a small object where there is none, locked where the settings say so."""
        try:
            with self._bucket.told(key):
                self._bucket.api.put_object(
                    **self._which(key),
                    Body=data,
                    IfNoneMatch=NONE_THERE,
                    **self._sum(data),
                    **self._lock(),
                )
        except AlreadyThere as error:
            # A request whose answer is lost is sent again, and then finds what it wrote itself.
            if not (answer_of(error).repeated and self.read(key) == data):
                raise

    def remove(self, keys: Iterable[str]) -> tuple[Kept, ...]:
        """Remove objects with all their versions; return those that a lock keeps."""
        return versions.remove(self._bucket, keys)

    def begin(self, key: str) -> Upload:
        """Begin to send an object in parts, with the storage class and the lock of the settings."""
        named = self._settings.storage_class
        extra: dict[str, Any] = {"StorageClass": named} if named else {}
        with self._bucket.told(key):
            answer = self._bucket.api.create_multipart_upload(
                **self._which(key), **extra, **self._lock()
            )
        return Upload(key, answer["UploadId"], _date(answer["ResponseMetadata"]["HTTPHeaders"]))

    def part_urls(self, upload: Upload, numbers: Iterable[int], seconds: int) -> dict[int, str]:
        """Sign a URL for each part. Where objects are locked, the PUT must carry Content-MD5."""
        return {number: self._part_url(upload, number, seconds) for number in numbers}

    def _part_url(self, upload: Upload, number: int, seconds: int) -> str:
        limit = self._settings.max_parts
        if not 1 <= number <= limit:
            place = self._bucket.place(upload.key)
            raise StoreError(place, f"it may have {limit} parts, 1 to {limit}", "send larger parts")
        about = {"UploadId": upload.id, "PartNumber": number}
        return self._bucket.sign("upload_part", upload.key, seconds, **about)

    def complete(self, upload: Upload, etags: Mapping[int, str]) -> None:
        """Make the object of its parts where there is none."""
        parts: Any = [{"PartNumber": each, "ETag": etags[each]} for each in sorted(etags)]
        try:
            with self._bucket.told(upload.key):
                self._bucket.api.complete_multipart_upload(
                    **self._which(upload.key),
                    UploadId=upload.id,
                    MultipartUpload={"Parts": parts},
                    IfNoneMatch=NONE_THERE,
                )
        except (AlreadyThere, NotThere) as error:
            # As in `write`: it may be the object of this very upload that is there.
            if not (answer_of(error).repeated and self._has(upload.key, sums.etag_of_parts(etags))):
                raise

    def abort(self, upload: Upload) -> None:
        """Throw an upload and its parts away."""
        with suppress(NotThere), self._bucket.told(upload.key):
            self._bucket.api.abort_multipart_upload(**self._which(upload.key), UploadId=upload.id)

    def unfinished(self, prefix: str, before: datetime) -> Iterator[Upload]:
        """Yield the uploads below `prefix` that were begun before then and did not end."""
        bucket = self._bucket
        with bucket.told(prefix):
            pages = bucket.api.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=bucket.name, Prefix=bucket.full(prefix)):
                for found in page.get("Uploads", []):
                    if found["Initiated"] < before:
                        key = bucket.own(found["Key"])
                        yield Upload(key, found["UploadId"], found["Initiated"])
                bucket.whole(page, "NextKeyMarker")

    def link(self, key: str, seconds: int) -> str:
        """Sign a URL from which anyone may GET an object for `seconds`."""
        return self._bucket.sign("get_object", key, seconds)

    def probe(self) -> None:
        """Prove that nothing is overwritten here, whole or in parts. Leaves one small object."""
        with suppress(AlreadyThere):
            self.write(PROBE, b"probe\n")
        self._refuses("a second write", lambda: self.write(PROBE, b"probe again\n"))
        upload = self.begin(PROBE)
        try:
            self._refuses("a second upload", lambda: self._send(upload, b"probe in parts\n"))
        finally:
            self.abort(upload)

    def close(self) -> None:
        """Let go of the connections."""
        self._bucket.close()

    def _send(self, upload: Upload, data: bytes) -> None:
        """Send a whole object as the one part of its upload."""
        with self._bucket.told(upload.key):
            part = self._bucket.api.upload_part(
                **self._which(upload.key),
                UploadId=upload.id,
                PartNumber=1,
                Body=data,
                ContentMD5=sums.content_md5(data),
            )
        self.complete(upload, {1: part["ETag"]})

    def _refuses(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except AlreadyThere:
            return
        raise StoreError(
            self._bucket.place(PROBE),
            f"the provider ignores If-None-Match: {what} went over what was there",
            "keep backups where nothing is overwritten: of two runs, one could spoil the other's",
        )

    def _has(self, key: str, tag: str) -> bool:
        with self._bucket.told(key):
            found = self._bucket.api.head_object(**self._which(key))
        return bool(tag) and found["ETag"].strip('"') == tag

    def _which(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket.name, "Key": self._bucket.full(key)}

    def _sum(self, data: bytes) -> dict[str, Any]:
        """Give the sum by itself: boto3 would put it behind the body, which not all understand."""
        if self._settings.checksums == "when_supported":
            return {"ChecksumCRC32": sums.crc32(data)}
        return {"ContentMD5": sums.content_md5(data)}

    def _lock(self) -> dict[str, Any]:
        if not self._settings.lock_days:
            return {}
        until = datetime.now(UTC) + timedelta(days=self._settings.lock_days)
        return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}


def _date(headers: Mapping[str, str]) -> datetime:
    """Read the store's clock from its answer; ours where it does not say."""
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
