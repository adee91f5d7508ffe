"""A snapshot: the record of one backup of an environment. Plain values, kept as JSON.

The record is the snapshot's manifest, written last: what has no manifest does not exist. It is
sealed: a SHA-256 shows damage to anybody, and an HMAC under the snapshot's own key shows an edit to
whoever holds the private key.
"""

import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from deploy.errors import DamagedSnapshot
from deploy.host import Secret

CHOOSE = "choose another snapshot of `inv backup.list`"
BY_HAND = "RECOVER.md"  # beside each snapshot: how it is put back without Slipway
SINCE = "since"  # among the facts of an archive that holds only what has changed
AFTER = "after"  # of one that continues another snapshot's, and is not put back with its own
OF = "of"  # of the files of a volume or a folder: which of the two
FORMAT = 1  # of the manifest; one that is newer is refused, not guessed at


class Kind(StrEnum):
    """What a snapshot holds of its volumes and folders; a database dump is always whole."""

    FULL = "full"
    INCREMENTAL = "incremental"  # what changed since the snapshot before it, of any kind
    DIFFERENTIAL = "differential"  # what changed since the last full one


@dataclass(frozen=True)
class Digest:
    """Bytes as they were counted and hashed on their way: their number and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Archive:
    """One object of a snapshot: what it is of, and what is known of its bytes.

    `plain` is what the source gave, `stored` what the store has: compressed and encrypted. `facts`
    is what a restore is compared with, such as row counts. `notes` tell what went on meanwhile,
    such as files that changed while they were read.
    """

    source: str
    form: str
    name: str
    plain: Digest
    stored: Digest
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def since(self) -> str:
        """The id of the snapshot on whose archive this one builds; empty for one that is whole."""
        return str(self.facts.get(SINCE, ""))

    @property
    def builds(self) -> bool:
        """Whether it is of no use, or of less, without what its snapshot builds on."""
        return SINCE in self.facts or AFTER in self.facts


@dataclass(frozen=True)
class Snapshot:
    """One backup of one environment: all its archives, one moment, one id.

    `begun` and `ended` are seconds since 1970 by the server's clock. `parent` is the id of the
    snapshot that this one builds on. `release` is the record of what served. `public_key` is the
    snapshot's own age recipient; `sealed_key` its secret half, encrypted to `recipients`, armored.
    `only` names the sources of data that it was to hold, where others were left out.
    """

    id: str
    app: str
    environment: str
    kind: Kind
    begun: float
    ended: float
    archives: tuple[Archive, ...]
    public_key: str
    sealed_key: str = field(repr=False)
    recipients: tuple[str, ...]
    parent: str = ""
    release: Mapping[str, Any] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()

    def holds(self, only: Collection[str] = ()) -> bool:
        """Whether it leaves no source out, or none of `only`."""
        return not self.only or (bool(only) and set(only) <= set(self.only))

    @property
    def stored(self) -> int:
        """Bytes in the store."""
        return sum(archive.stored.size for archive in self.archives)


@dataclass(frozen=True)
class Opened:
    """A snapshot with the secret half of its own key, and with what it builds on."""

    snapshot: Snapshot
    key: Secret = field(repr=False)
    base: "Opened | None" = None

    @property
    def id(self) -> str:
        """What it is called."""
        return self.snapshot.id

    @property
    def moment(self) -> float | None:
        """No other than its own."""
        return None

    def parts(self, source: str) -> "tuple[Part, ...]":
        """Return the archives by which a source comes back, in the order in which they do.

        Raises `DamagedSnapshot` where one is missing that another builds on.
        """
        found = tuple(
            Part(self, archive) for archive in self.snapshot.archives if archive.source == source
        )
        since = {part.archive.since for part in found} - {""}
        if not since:
            return found
        before = self.base.parts(source) if self.base and {self.base.snapshot.id} == since else ()
        if not before:
            wrong = f"{source} builds on {', '.join(since)}, which does not hold it"
            raise DamagedSnapshot(self.snapshot.id, wrong, CHOOSE)
        return (*before, *found)


@dataclass(frozen=True)
class Part:
    """An archive, and the snapshot whose key opens it."""

    opened: Opened
    archive: Archive


def snapshot_id(now: float, token: str) -> str:
    """Return the id of a snapshot begun at `now` (server time); `token` tells two of one second.

    >>> snapshot_id(0, "3f9a")
    '19700101T000000Z-3f9a'
    """
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{token}"


def to_manifest(snapshot: Snapshot, key: Secret) -> bytes:
    """Return the sealed record of `snapshot`; `key` is the secret half of its own key."""
    record = {"format": FORMAT, **dataclasses.asdict(snapshot)}
    body = _canonical(record)
    sealed = {
        "snapshot": record,
        "sha256": hashlib.sha256(body).hexdigest(),
        "seal": _seal(body, key),
    }
    return json.dumps(sealed, indent=1, sort_keys=True).encode() + b"\n"


def from_manifest(data: bytes, place: str, key: Secret | None = None) -> Snapshot:
    """Return the snapshot that a manifest describes; with its `key`, prove that nobody edited it.

    Raises `DamagedSnapshot`.
    """
    try:
        sealed = json.loads(data)
        record, digest, seal = sealed["snapshot"], sealed["sha256"], sealed["seal"]
        form = int(record["format"])
    except (ValueError, TypeError, KeyError):
        raise DamagedSnapshot(place, "its manifest is cut or is no manifest", CHOOSE) from None
    if form > FORMAT:
        raise DamagedSnapshot(
            place, f"its manifest has format {form}, this Slipway reads {FORMAT}", "update Slipway"
        )
    body = _canonical(record)
    if hashlib.sha256(body).hexdigest() != digest:
        raise DamagedSnapshot(place, "its manifest was changed after it was written", CHOOSE)
    if key and not hmac.compare_digest(str(seal), _seal(body, key)):
        raise DamagedSnapshot(place, "its manifest was edited: the seal is not ours", CHOOSE)
    try:
        return _snapshot(record)
    except (ValueError, TypeError, KeyError):
        raise DamagedSnapshot(place, "its manifest lacks what it must say", CHOOSE) from None


def _canonical(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def _seal(body: bytes, key: Secret) -> str:
    derived = hashlib.sha256(b"slipway manifest " + key.reveal().encode()).digest()
    return hmac.new(derived, body, hashlib.sha256).hexdigest()


def _snapshot(record: Mapping[str, Any]) -> Snapshot:
    fields = {name: record[name] for name in _names(Snapshot) if name in record}
    return Snapshot(
        **{
            **fields,
            "kind": Kind(record["kind"]),
            "archives": tuple(_archive(one) for one in record["archives"]),
            "recipients": tuple(record["recipients"]),
            "only": tuple(record.get("only", ())),
        }
    )


def _archive(record: Mapping[str, Any]) -> Archive:
    fields = {name: record[name] for name in _names(Archive) if name in record}
    return Archive(
        **{
            **fields,
            "plain": Digest(**record["plain"]),
            "stored": Digest(**record["stored"]),
            "notes": tuple(record.get("notes", ())),
        }
    )


def _names(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]
