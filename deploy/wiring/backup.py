"""From settings to what backups need: the store, its catalog, the machine, and the keys."""

import dataclasses
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from deploy.backup.catalog import LATEST, Catalog, Proof, Standing
from deploy.backup.create import Tell, Yard, take
from deploy.backup.keys import unseal
from deploy.backup.letting_go import let_go
from deploy.backup.parts import runs
from deploy.backup.snapshot import Kind, Opened, Snapshot
from deploy.backup.stores.base import Store
from deploy.backup.stores.folder import FolderStore
from deploy.backup.stores.s3 import S3Settings, S3Store
from deploy.backup.verify import verify
from deploy.backup.window import Moment, pitr_sources, shipments, shown, way
from deploy.errors import SettingsError, StoreUnreachable
from deploy.host import Command, Host, Secret, check, owner
from deploy.rollout.run import Target
from deploy.rollout.steps import Backup
from deploy.sandbox import Sandbox
from deploy.sandbox.s3 import SECRET
from deploy.settings import FILE
from deploy.settings.backup import KINDS, BackupSettings, StoreSettings
from deploy.wiring.app import SANDBOX, App

KEY_VARIABLE = "SLIPWAY_KEY"
PATIENCE = 3.0  # seconds that `inv status` waits for the store


def backup_settings(app: App) -> BackupSettings:
    """Return what `[backup]` says. Raises `SettingsError` where there is none."""
    if app.settings.backup is None:
        raise SettingsError(
            str(app.settings.folder / FILE),
            "it has no [backup]",
            'add one: store = "s3://bucket/folder" and encrypt = ["age1…"] (`inv backup.keygen`)',
        )
    return app.settings.backup


def kind_named(app: App, name: str) -> Kind:
    """Return the kind of a snapshot: as named, or as `[backup]` says. Raises `SettingsError`."""
    if not name:
        return backup_settings(app).kind
    if name not in KINDS:
        raise SettingsError("--kind", f"there is no kind {name!r}", f"say {', '.join(KINDS)}")
    return Kind(name)


@contextmanager
def catalog_of(app: App, host: Host | None = None) -> Iterator[Catalog]:
    """Yield the snapshots of an environment, and let the store go afterwards.

    A store in a folder lies on the environment's server: it is reached by `host`, or else anew.
    """
    with ExitStack() as leaving:
        store = _store(app, host, leaving)
        leaving.callback(store.close)
        yield Catalog(store, app.project)


def _store(app: App, host: Host | None, leaving: ExitStack) -> Store:
    settings = backup_settings(app).store
    if isinstance(settings, S3Settings):
        return S3Store(_reachable(app, settings))
    return FolderStore(host or leaving.enter_context(app.reach()).host, settings)


def _reachable(app: App, settings: S3Settings) -> S3Settings:
    """Return where a bucket is, as this machine gets there: that of the sandbox is elsewhere."""
    if not (urlsplit(settings.endpoint).hostname or "").endswith(SANDBOX):
        return settings
    reach = Sandbox.at(app.checkout).s3_from_here
    return dataclasses.replace(settings, reach=reach, access=("sandbox", Secret(SECRET)))


def standing(app: App) -> Standing:
    """Return how well an environment is backed up; asks the store only. Raises `StoreError`."""
    with catalog_of(app) as catalog:
        return catalog.standing()


def standing_soon(app: App, patience: float = PATIENCE) -> Standing:
    """Return `standing`, or raise `StoreUnreachable` after `patience` seconds.

    boto3 gives up later, and a resolver when it likes: so it is asked in a thread that nobody
    waits for in the end.
    """
    answer: Future[Standing] = Future()
    Thread(target=_ask, args=(app, answer), daemon=True).start()
    try:
        return answer.result(patience)
    except TimeoutError:
        raise StoreUnreachable(
            backup_settings(app).store.place, f"not within {patience:g} s", "try `inv backup.list`"
        ) from None


def _ask(app: App, answer: Future[Standing]) -> None:
    try:
        answer.set_result(standing(app))
    except Exception as error:  # noqa: BLE001 - the thread that waits raises it
        answer.set_exception(error)


@contextmanager
def yard_of(app: App, target: Target, tell: Tell) -> Iterator[Yard]:
    """Yield what a backup and a restore of an environment need."""
    settings = backup_settings(app)
    with catalog_of(app, target.host) as catalog:
        yield Yard(
            host=target.host,
            engine=target.engine,
            root=target.root,
            app=app.settings.app,
            environment=app.environment.name,
            catalog=catalog,
            recipients=settings.encrypt,
            owner=owner(),
            document=lambda release: _document(target.host, target.engine.compose_file(release)),
            sizes=_sizes(settings.store),
            tell=tell,
        )


@contextmanager
def reach_yard(app: App, tell: Tell) -> Iterator[tuple[Target, Yard]]:
    """Reach an environment; yield it with what a backup and a restore of it need."""
    with app.reach() as target, yard_of(app, target, tell) as yard:
        yield target, yard


def backup_step(app: App, target: Target, tell: Tell, then: Callable[[], None]) -> Backup | None:
    """Return the step of a deploy that takes a snapshot and proves that it reads, if configured.

    `then` is called when that is done.
    """
    if app.settings.backup is None:
        return None

    def proven() -> str:
        with yard_of(app, target, tell) as yard:
            taken = take_proven(yard, kind=backup_settings(app).kind)[0].id
        then()
        return taken

    return Backup(proven)


def take_proven(
    yard: Yard, only: Sequence[str] = (), kind: Kind = Kind.FULL
) -> tuple[Snapshot, Proof]:
    """Take a snapshot, and prove to level 2 that it reads. Raises what `take` and `verify` do.

    What servers have kept for it they may then remove.
    """
    snapshot, key = take(yard, only, kind)
    proof = verify(yard, snapshot, key.secret)
    let_go(yard, snapshot)
    return snapshot, proof


def _sizes(store: StoreSettings) -> tuple[tuple[int, int], ...]:
    """Return the sizes of parts: a file has none."""
    return tuple(runs(store.max_parts)) if isinstance(store, S3Settings) else ()


def key_file(named: str) -> Path:
    """Return the file of the private key: as named, or as the environment says.

    Raises `SettingsError`.
    """
    name = named or os.environ.get(KEY_VARIABLE, "")
    if not name:
        raise SettingsError(
            "--key", "no private key is named", f"name its file: --key FILE, or {KEY_VARIABLE}"
        )
    return file_named(name, "--key" if named else KEY_VARIABLE)


def file_named(name: str, place: str) -> Path:
    """Return a file, whose name may begin with ~ or ~USER. Raises `SettingsError`."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        wrong = f"{name!r} begins with no home folder that is known here"
        raise SettingsError(place, wrong, "write the whole path") from None


def unlocked(
    catalog: Catalog, point: str, key: str, fits: Callable[[Snapshot], bool] = lambda _: True
) -> Opened:
    """Return the snapshot that `point` names with its own key, by the private key in a file.

    The latest is the newest that `fits`.
    So is all that it builds on. Each seal is seen to be ours. Raises `SettingsError`, `WrongKey`,
    `DamagedSnapshot`.
    """
    return _opened(catalog, catalog.choose(point, fits).snapshot, key_file(key))


def restorable(
    catalog: Catalog, point: str, to: str, only: Sequence[str], key: str
) -> Opened | Moment:
    """Return what `point` names, the latest snapshot where it says nothing, or the moment of `to`.

    Raises what `unlocked` and `unlocked_at` do.
    """
    if to and point:
        raise SettingsError("--to", "--point names a snapshot too", "say one of them")
    if to:
        return unlocked_at(catalog, to, only, key)
    return unlocked(catalog, point or LATEST, key, lambda found: found.holds(only))


def unlocked_at(catalog: Catalog, to: str, only: Sequence[str], key: str) -> Moment:
    """Return what brings databases to the moment that `to` says, opened by the key in a file.

    They are those of `only`, or all that can be brought there. Raises `SettingsError`, `WrongKey`,
    `DamagedSnapshot`.
    """
    moment = moment_named(to)
    proven = {entry.snapshot.id: entry.snapshot for entry in catalog.proven()}
    sources = only or pitr_sources(proven.values())
    if not sources:
        remedy = "write `x-backup: {pitr: true}` at a Postgres, deploy, and take a full snapshot"
        raise SettingsError("--to", "no proven snapshot has a base backup", remedy)
    ways: dict[str, tuple[Opened, ...]] = {}
    for source in sources:
        found = way(shipments(proven.values(), source), source, moment)
        ways[source] = tuple(_alone(catalog, proven[one.snapshot], key_file(key)) for one in found)
    return Moment(moment, ways)


def moment_named(text: str) -> float:
    """Return a moment in seconds since 1970; without a zone it is in UTC. Raises `SettingsError`.

    >>> moment_named("1970-01-02") == moment_named("1970-01-02T01:00+01:00") == 86400
    True
    """
    try:
        found = datetime.fromisoformat(text)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        shown(moment)  # in UTC it may lie before the first year, or after the last
    except (ValueError, OverflowError):
        remedy = 'write it as "2026-01-02 03:04:05", in UTC, or with a zone as in +01:00'
        raise SettingsError("--to", f"{text!r} is no moment", remedy) from None
    return moment


def _opened(catalog: Catalog, snapshot: Snapshot, key: Path) -> Opened:
    found = _alone(catalog, snapshot, key)
    parent = found.snapshot.parent
    base = _opened(catalog, catalog.find(parent), key) if parent else None
    return dataclasses.replace(found, base=base)


def _alone(catalog: Catalog, snapshot: Snapshot, key: Path) -> Opened:
    """Return a snapshot without what it builds on."""
    secret = unseal(snapshot.sealed_key, key, snapshot.id)
    return Opened(catalog.read(snapshot.id, secret), secret)


def _document(host: Host, path: str) -> Mapping[str, Any]:
    """Return the Compose file of a release, as it lies on the server."""
    command = Command(("cat", path))
    document: dict[str, Any] = json.loads(check(host.name, command, host.run(command)).stdout)
    return document
