"""Removing objects of a bucket that may keep versions, and may lock them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from deploy.backup.stores.base import Kept
from deploy.backup.stores.s3.bucket import Bucket, answer_of
from deploy.errors import NotThere, StoreError, StoreUnreachable

AT_ONCE: Final = 8


@dataclass(frozen=True)
class Version:
    """One version of an object; a marker says that the object was deleted."""

    key: str
    """In the bucket."""
    id: str = ""
    """Empty where the bucket keeps no versions."""
    marker: bool = False

    @property
    def which(self) -> dict[str, Any]:
        """The API's parameters for it."""
        return {"Key": self.key} | ({"VersionId": self.id} if self.id else {})


def remove(bucket: Bucket, keys: Iterable[str]) -> tuple[Kept, ...]:
    """Remove objects with all their versions; return those that a lock keeps.

    What is locked stays visible: a version is removed or not, but never hidden by a marker.
    """
    wanted = {bucket.full(key) for key in keys}
    if not wanted:
        return ()
    if not _keeps_versions(bucket):
        return _remove_all(bucket, (Version(key) for key in sorted(wanted)))
    found = [each for each in _versions(bucket, wanted) if each.key in wanted]
    kept = _remove_all(bucket, (each for each in found if not each.marker))
    left = {bucket.full(each.key) for each in kept}
    _remove_all(bucket, (each for each in found if each.marker and each.key not in left))
    return kept


def _keeps_versions(bucket: Bucket) -> bool:
    try:
        with bucket.told():
            answer = bucket.api.get_bucket_versioning(Bucket=bucket.name)
    except StoreError as error:
        if answer_of(error).unknown:
            return False
        raise
    return "Status" in answer


def _versions(bucket: Bucket, keys: set[str]) -> Iterator[Version]:
    prefix = _common(min(keys), max(keys))
    with bucket.told(bucket.own(prefix)):
        pages = bucket.api.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket.name, Prefix=prefix):
            for found in page.get("Versions", []):
                yield Version(found["Key"], found["VersionId"])
            for marker in page.get("DeleteMarkers", []):
                yield Version(marker["Key"], marker["VersionId"], marker=True)
            bucket.whole(page, "NextKeyMarker")


def _common(first: str, last: str) -> str:
    """Return how both begin; so does all that is between them."""
    same = (length for length in range(len(first), 0, -1) if last.startswith(first[:length]))
    return first[: next(same, 0)]


def _remove_all(bucket: Bucket, versions: Iterable[Version]) -> tuple[Kept, ...]:
    """Remove versions, several at a time, each by itself: no provider fails to understand that."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kept = pool.map(lambda version: _remove_one(bucket, version), versions)
        return tuple({each.key: each for each in kept if each}.values())


def _remove_one(bucket: Bucket, version: Version) -> Kept | None:
    try:
        with bucket.told(bucket.own(version.key)):
            bucket.api.delete_object(Bucket=bucket.name, **version.which)
    except NotThere:
        return None  # as AWS has it; others say so
    except StoreUnreachable:
        raise
    except StoreError as error:
        kept = _locked(bucket, version, answer_of(error).message)
        if kept is None:
            raise
        return kept
    return None


def _locked(bucket: Bucket, version: Version, words: str) -> Kept | None:
    """Tell whether it is a lock that keeps a version: by what it says itself, or by the refusal."""
    key = bucket.own(version.key)
    with suppress(StoreError), bucket.told(key):
        found = bucket.api.head_object(Bucket=bucket.name, **version.which)
        if "ObjectLockRetainUntilDate" in found:
            until = found["ObjectLockRetainUntilDate"]
            if until > datetime.now(UTC):
                return Kept(key, until)
        if found.get("ObjectLockLegalHoldStatus") == "ON":
            return Kept(key)
    return Kept(key) if "object lock" in words.lower() else None
