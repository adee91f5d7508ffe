"""[backup] of deploy.toml: where snapshots lie, who reads them, which are kept, who is told."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import unquote, urlsplit

from deploy.backup.keys import PUBLIC, check_public
from deploy.backup.retention import Policy
from deploy.backup.snapshot import Kind
from deploy.backup.stores.folder.settings import FolderSettings
from deploy.backup.stores.s3.settings import S3Settings
from deploy.settings.table import Table
from deploy.settings.telling import TellingSettings, read_telling

_Checksums = Literal["when_supported", "when_required"]
KINDS = tuple(kind.value for kind in Kind)
_CHECKSUMS = ("when_supported", "when_required")
_S3, _FILE = "s3://", "file://"
_OF_S3: Final = (
    "endpoint",
    "region",
    "path_style",
    "storage_class",
    "checksums",
    "lock_days",
    "max_parts",
)

StoreSettings = S3Settings | FolderSettings


@dataclass(frozen=True)
class BackupSettings:
    """The store, the public keys of age that snapshots are sealed to, what is kept, who is told.

    `kind` is that of a snapshot, where no other is asked for.
    """

    store: StoreSettings
    encrypt: tuple[str, ...]
    keep: Policy
    kind: Kind = Kind.FULL
    telling: TellingSettings = field(default_factory=TellingSettings)


def read_backup(table: Table, folder: Path) -> BackupSettings:
    """Return what `[backup]` says; `folder` is that of deploy.toml. Raises `SettingsError`."""
    settings = BackupSettings(
        _store(table),
        _recipients(table, folder),
        _keep(table.table("keep")),
        Kind(table.choice("kind", *KINDS)),
        read_telling(table, folder),
    )
    table.close()
    return settings


def _recipients(table: Table, folder: Path) -> tuple[str, ...]:
    """Return the public keys: as they stand there, and as the files hold them that it names."""
    keys: list[str] = []
    for entry in table.strings("encrypt", ()):
        if entry.startswith(PUBLIC) or "/" not in entry:
            keys.append(entry)
        else:
            keys += _keys_in(folder / entry, table)
    place = table.error("encrypt", "", "").place
    if not keys:
        raise table.error("encrypt", "no public key is named", "make a pair: `inv backup.keygen`")
    return check_public(keys, place)


def _keys_in(file: Path, table: Table) -> list[str]:
    """Return the public keys in a file: one a line, with comments, as `age --recipients-file`."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise table.error(
            "encrypt",
            f"{file} cannot be read",
            "write public keys of age into it, one a line; `inv sandbox.up` writes its own",
        ) from None
    return [line for line in lines if line and not line.startswith("#")]


def _store(table: Table) -> StoreSettings:
    url = table.required("store")
    if url.startswith(_S3):
        return _bucket(table, url)
    if url.startswith(_FILE):
        return _folder(table, url)
    remedy = 'write "s3://bucket/folder", or "file:///mnt/backups/shop" for a folder on the server'
    raise table.error("store", f"{url!r} is no store", remedy)


def _folder(table: Table, url: str) -> FolderSettings:
    path = unquote(url.removeprefix(_FILE)).rstrip("/")
    if not path.startswith("/") or ".." in path.split("/") or not path.isprintable():
        remedy = 'write the absolute path of one on the server, such as "file:///mnt/backups/shop"'
        raise table.error("store", f"{url!r} is no folder", remedy)
    for key in _OF_S3:
        if key in table.names():
            raise table.error(key, "only a bucket has that, and the store is a folder", "remove it")
    return FolderSettings(path)


def _bucket(table: Table, url: str) -> S3Settings:
    bucket, _, prefix = url.removeprefix(_S3).partition("/")
    if not bucket:
        raise table.error("store", f"{url!r} is no store", 'write "s3://bucket/folder"')
    return S3Settings(
        bucket=bucket,
        prefix=prefix.strip("/"),
        endpoint=_endpoint(table),
        region=table.string("region", S3Settings.region),
        path_style=table.boolean("path_style", default=False),
        storage_class=table.string("storage_class", ""),
        checksums=cast("_Checksums", table.choice("checksums", *_CHECKSUMS)),
        lock_days=table.count("lock_days"),
        max_parts=table.positive("max_parts", S3Settings.max_parts),
    )


def _endpoint(table: Table) -> str:
    endpoint = table.string("endpoint", "")
    try:
        urlsplit(endpoint)
    except ValueError:  # half an IPv6 address
        remedy = "write it as https://HOST"
        raise table.error("endpoint", f"{endpoint!r} is no address", remedy) from None
    return endpoint


def _keep(table: Table) -> Policy:
    rules = {rule.name: table.count(rule.name) for rule in fields(Policy) if rule.name != "within"}
    policy = Policy(**rules, within=table.duration("within", 0.0))
    table.close()
    return policy
