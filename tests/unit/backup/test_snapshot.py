"""The sealed manifest: what was written is read again, and nothing else passes for it."""

import hashlib
import json
from typing import Any

import pytest
from backup.memory import snapshot_of

from deploy.backup import keys
from deploy.backup.snapshot import FORMAT, from_manifest, snapshot_id, to_manifest
from deploy.errors import DamagedSnapshot

PAIR = keys.generate()
SNAPSHOT = snapshot_of("s1", key=PAIR, begun=1000.0)
MANIFEST = to_manifest(SNAPSHOT, PAIR.secret)


def damage(data: bytes, *, sealed: bool = True) -> str:
    with pytest.raises(DamagedSnapshot) as error:
        from_manifest(data, "shop/s1", PAIR.secret if sealed else None)
    return str(error.value)


def edited(*, rehashed: bool, **fields: object) -> bytes:
    """Return the manifest with other `fields`, as somebody would write it who has no key."""
    sealed: dict[str, Any] = json.loads(MANIFEST)
    sealed["snapshot"] |= fields
    if rehashed:
        body = json.dumps(sealed["snapshot"], sort_keys=True, separators=(",", ":")).encode()
        sealed["sha256"] = hashlib.sha256(body).hexdigest()
    return json.dumps(sealed).encode()


def test_an_id_sorts_by_time() -> None:
    ids = [snapshot_id(0, "ffff"), snapshot_id(1, "0000"), snapshot_id(1e9, "0000")]

    assert ids[0] == "19700101T000000Z-ffff"
    assert ids == sorted(ids)


def test_what_was_written_is_read_again() -> None:
    assert from_manifest(MANIFEST, "shop/s1", PAIR.secret) == SNAPSHOT
    assert from_manifest(MANIFEST, "shop/s1") == SNAPSHOT
    assert SNAPSHOT.stored == 1040


def test_no_secret_stands_in_a_manifest_or_in_what_is_shown_of_a_snapshot() -> None:
    assert PAIR.secret.reveal().encode() not in MANIFEST
    assert SNAPSHOT.sealed_key not in repr(SNAPSHOT)


@pytest.mark.parametrize(
    "data",
    [b"", MANIFEST[:-40], b"null", b"[]", b"{}", b'{"snapshot": {}, "sha256": "", "seal": ""}'],
)
def test_a_manifest_that_is_cut_or_none(data: bytes) -> None:
    assert damage(data).startswith("shop/s1: its manifest is cut or is no manifest. choose another")


def test_a_changed_byte_is_seen_without_any_key() -> None:
    changed = MANIFEST.replace(b'"shop"', b'"shoq"', 1)

    assert "its manifest was changed after it was written" in damage(changed, sealed=False)


def test_an_edit_is_seen_without_a_key_unless_its_sum_is_mended() -> None:
    assert "was changed after it was written" in damage(edited(rehashed=False, app="other"))
    assert from_manifest(edited(rehashed=True, app="other"), "shop/s1").app == "other"


def test_an_edit_with_its_sum_mended_is_seen_by_whoever_has_the_key() -> None:
    assert "its manifest was edited: the seal is not ours" in damage(
        edited(rehashed=True, app="other")
    )


def test_the_seal_is_that_of_the_snapshots_own_key() -> None:
    with pytest.raises(DamagedSnapshot, match="the seal is not ours"):
        from_manifest(MANIFEST, "shop/s1", keys.generate().secret)


def test_a_newer_format_is_refused_and_not_guessed_at() -> None:
    message = damage(edited(rehashed=True, format=FORMAT + 1))

    assert message == ("shop/s1: its manifest has format 2, this Slipway reads 1. update Slipway.")


def test_a_field_that_a_later_version_added_does_no_harm() -> None:
    found = from_manifest(edited(rehashed=True, colour="red"), "shop/s1")

    assert found == SNAPSHOT


@pytest.mark.parametrize(
    "fields",
    [{"kind": "weekly"}, {"archives": [{}]}, {"archives": None}, {"recipients": None}],
)
def test_a_record_that_lacks_something_is_damaged(fields: dict[str, Any]) -> None:
    assert "its manifest lacks what it must say" in damage(
        edited(rehashed=True, **fields), sealed=False
    )
