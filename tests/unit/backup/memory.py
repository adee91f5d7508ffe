"""A store in memory that keeps the promises of `stores.base`, and snapshots to put into it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from deploy.backup import keys
from deploy.backup.snapshot import Archive, Digest, Kind, Snapshot
from deploy.backup.stores.base import Entry, Kept, Upload
from deploy.errors import AlreadyThere, NotThere

MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
PROJECT = "shop-staging"


@dataclass
class Memory:
    """Objects by key. `now` is its clock; `locked` are keys that nobody can remove."""

    now: datetime = MIDNIGHT
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)

    def keys(self, prefix: str) -> Iterator[Entry]:
        for key, (data, modified) in sorted(self.objects.items()):
            if key.startswith(prefix):
                yield Entry(key, len(data), modified)

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise NotThere(key, "there is no such object")
        return self.objects[key][0]

    def write(self, key: str, data: bytes) -> None:
        if key in self.objects:
            raise AlreadyThere(key, "it is there already")
        self.objects[key] = (data, self.now)

    def remove(self, keys: Iterable[str]) -> tuple[Kept, ...]:
        wanted = list(keys)
        for key in set(wanted) - self.locked:
            self.objects.pop(key, None)
        self.removed += [key for key in wanted if key not in self.locked]
        return tuple(Kept(key) for key in wanted if key in self.locked)

    def begin(self, key: str) -> Upload:
        upload = Upload(key, f"u{len(self.uploads)}", self.now)
        self.uploads[upload.id] = upload
        return upload

    def part_urls(self, upload: Upload, numbers: Iterable[int], seconds: int) -> dict[int, str]:
        return {number: f"memory:{upload.id}/{number}?{seconds}" for number in numbers}

    def complete(self, upload: Upload, etags: Mapping[int, str]) -> None:
        if upload.id not in self.uploads:
            raise NotThere(upload.key, "there is no such upload")
        self.write(upload.key, "".join(etags[number] for number in sorted(etags)).encode())
        del self.uploads[upload.id]

    def abort(self, upload: Upload) -> None:
        self.uploads.pop(upload.id, None)

    def unfinished(self, prefix: str, before: datetime) -> Iterator[Upload]:
        for upload in tuple(self.uploads.values()):
            if upload.key.startswith(prefix) and upload.begun < before:
                yield upload

    def link(self, key: str, seconds: int) -> str:
        return f"memory:{key}?{seconds}"

    def probe(self) -> None:
        """Nothing is overwritten here."""

    def close(self) -> None:
        """Nothing is held."""


def snapshot_of(
    name: str, *recipients: str, begun: float = 0.0, key: keys.KeyPair | None = None
) -> Snapshot:
    """Return a snapshot with one database and one volume, sealed to `recipients`."""
    key = key or keys.generate()
    to = recipients or (keys.generate().public,)
    dump = Archive(
        source="db",
        form="pg-custom",
        name="db.shop.dump.zst.age",
        plain=Digest(100, "aa"),
        stored=Digest(40, "bb"),
        facts={"database": "shop", "rows": {"public.orders": 3}},
    )
    tar = Archive(
        source="media",
        form="tar",
        name="media.tar.zst.age",
        plain=Digest(2000, "cc"),
        stored=Digest(1000, "dd"),
        notes=("tar: ./a: file changed as we read it",),
    )
    return Snapshot(
        id=name,
        app="shop",
        environment="staging",
        kind=Kind.FULL,
        begun=begun,
        ended=begun + 5,
        archives=(dump, tar),
        public_key=key.public,
        sealed_key=keys.seal(key.secret, to),
        recipients=to,
        release={"id": "r1", "services": {"db": {"image": "postgres@sha256:1"}}},
        tools={"pump": "slipway/pump:1"},
    )
