"""backup.* and restore.*: snapshots taken, shown, proven, put back."""

import json as json_text
import time
from typing import Any

from invoke.collection import Collection

from deploy.tasks.base import APP_HELP, ENV_HELP, JSON_HELP, KEY_HELP, YES_HELP, task

POINT_HELP = "snapshot: its id, the beginning of it, or latest"


@task(
    iterable=["only"],
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "only": "source to back up, such as db; can be given several times",
        "kind": "of files: full, incremental, differential; else as [backup] says",
        "json": JSON_HELP,
    },
)
def create(
    _c: Any, env: str = "", app: str = "", only: Any = None, kind: str = "", json: bool = False
) -> None:
    """Take a snapshot of all data and the release; prove that it reads."""
    from deploy.tasks import show, show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import kind_named, reach_yard, take_proven
    from deploy.wiring.telling import told

    opened = open_app(app, env)
    wanted = kind_named(opened, kind)
    out = show.console(quiet=json)
    telling = show_backup.Telling(out)
    with told(opened, show.warn), reach_yard(opened, telling) as (_, yard):
        snapshot, proof = take_proven(yard, only or [], wanted)
    if json:
        print(json_text.dumps(show_backup.taken_record(snapshot, proof)))
        return
    out.print(f"{opened.where}: {show_backup.taken_line(snapshot, proof, wanted)}")


@task(help={"env": ENV_HELP, "app": APP_HELP, "json": JSON_HELP}, name="list")
def list_(_c: Any, env: str = "", app: str = "", json: bool = False) -> None:
    """List snapshots: age, kind, size, level of proof, what they hold."""
    from deploy.tasks import show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import catalog_of

    with catalog_of(open_app(app, env)) as catalog:
        show_backup.show_listing(catalog.listing(), now=time.time(), as_json=json)


@task(help={"env": ENV_HELP, "app": APP_HELP, "json": JSON_HELP})
def check(_c: Any, env: str = "", app: str = "", json: bool = False) -> None:
    """Say how old the newest proven snapshot is; exit 1 where too old."""
    from deploy.backup.telling.freshness import too_old
    from deploy.tasks import show, show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import backup_settings, standing
    from deploy.wiring.telling import notified

    opened = open_app(app, env)
    max_age = backup_settings(opened).telling.max_age
    with notified(opened, show.warn):
        found, now = standing(opened), time.time()
        wrong = too_old(found, now, max_age, opened.where)
        if json:
            record = show_backup.standing_record(found, now)
            print(json_text.dumps({**record, "max_age": max_age, "fresh": wrong is None}))
        if wrong:
            raise wrong
    if not json:
        print(f"{opened.where}: {show_backup.standing_line(found, now)}")


@task(
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "point": POINT_HELP,
        "key": "file of the private key, to read what is in it too",
    }
)
def verify(_c: Any, env: str = "", app: str = "", point: str = "latest", key: str = "") -> None:
    """Read a snapshot to its end; with the private key, what is in it too."""
    from deploy.backup import verify as proving
    from deploy.tasks import show, show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import reach_yard, unlocked

    opened = open_app(app, env)
    out = show.console()
    with reach_yard(opened, show_backup.Telling(out)) as (_, yard):
        chosen = unlocked(yard.catalog, point, key) if key else None
        snapshot = chosen.snapshot if chosen else yard.catalog.choose(point).snapshot
        secret = chosen.key if chosen else None
        proof = proving.verify(yard, snapshot, secret)
    out.print(f"{snapshot.id}: level {proof.level} in {proof.seconds} s")


@task(help={"env": ENV_HELP, "app": APP_HELP, "point": POINT_HELP, "key": KEY_HELP})
def drill(_c: Any, env: str = "", app: str = "", point: str = "latest", key: str = "") -> None:
    """Restore a snapshot into throw-away volumes, and compare."""
    from deploy.backup import drill as drilling
    from deploy.tasks import show, show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import reach_yard, unlocked

    opened = open_app(app, env)
    out = show.console()
    with reach_yard(opened, show_backup.Telling(out)) as (_, yard):
        chosen = unlocked(yard.catalog, point, key)
        proof = drilling.drill(yard, chosen)
    out.print(f"{chosen.snapshot.id}: restored and compared in {proof.seconds} s")


@task(
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "point": POINT_HELP,
        "key": KEY_HELP,
        "on": "empty server to use instead of the one in deploy.toml: user@host",
        "yes": YES_HELP,
    }
)
def recover(
    _c: Any,
    env: str = "",
    app: str = "",
    point: str = "latest",
    key: str = "",
    on: str = "",
    yes: bool = False,
) -> None:
    """Bring an environment up on an empty server: release and data."""
    from deploy.backup import recover as recovering
    from deploy.backup.catalog import HEALTHY, Proof
    from deploy.backup.snapshot import Snapshot
    from deploy.rollout import deploy as rollout
    from deploy.rollout.release import release_from
    from deploy.tasks import show, show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import reach_yard, unlocked

    opened = open_app(app, env).moved(on)
    out, begun = show.console(), time.monotonic()
    with reach_yard(opened, show_backup.Telling(out)) as (target, yard):
        chosen = unlocked(yard.catalog, point, key, Snapshot.holds)
        snapshot = chosen.snapshot
        if snapshot.only:
            show.warn(
                f"{snapshot.id} holds {', '.join(snapshot.only)} only: all other data begins empty"
            )
        show.confirm(opened.where, asks=True, yes=yes)
        recovering.lay(yard, chosen)
        release = release_from(snapshot.release)
        confirm = show.confirmation(out, opened.where, asks=False, yes=True, recreate=[])
        rollout.put(
            target, lambda _: release, show.Progress(out), confirm, f"recover {snapshot.id}"
        )
        recovering.finish(yard)
        seconds = time.monotonic() - begun
        yard.catalog.prove(snapshot.id, Proof(HEALTHY, int(time.time()), round(seconds)))
    out.print(
        f"{opened.where}: release {release.id} and its data are back, recovered in {seconds:.1f} s"
    )


@task(
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "apply": "remove what the plan says; without it nothing is removed",
        "json": JSON_HELP,
    }
)
def prune(_c: Any, env: str = "", app: str = "", apply: bool = False, json: bool = False) -> None:
    """Say which snapshots are kept, and why; --apply removes the others."""
    from deploy.backup import prune as pruning
    from deploy.rollout.release import releases_of
    from deploy.tasks import show_backup
    from deploy.wiring import open_app
    from deploy.wiring.backup import backup_settings, catalog_of

    opened = open_app(app, env)
    policy = backup_settings(opened).keep
    with opened.reach() as target, catalog_of(opened, target.host) as catalog:
        seen = target.engine.observe()
        pinned = {
            r.backup: f"release {r.id} rolls back to it" for r in releases_of(seen) if r.backup
        }
        plan = pruning.plan(catalog, catalog.listing(), policy, time.time(), pinned)
        kept = pruning.apply(catalog, plan) if apply else ()
    show_backup.show_pruning(plan, kept, applied=apply, as_json=json)


@task(help={"file": "where the private key is written; it must not exist"})
def keygen(_c: Any, file: str = "slipway.key") -> None:
    """Make a key pair of age: a private key file, and the public key."""
    from deploy.backup.keys import write_pair
    from deploy.wiring.backup import file_named

    pair = write_pair(file_named(file, "--file"))
    print(f"private key: {file}; keep it off the servers, and a copy of it elsewhere")
    print(f'[backup]\nencrypt = ["{pair.public}"]')


@task(
    iterable=["only"],
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "point": POINT_HELP,
        "only": "source to put back, such as db; can be given several times",
        "to": "moment to bring databases with pitr to: 2026-01-02 03:04:05, in UTC, or with +01:00",
        "key": KEY_HELP,
        "yes": YES_HELP,
    },
)
def restore(
    _c: Any,
    env: str = "",
    app: str = "",
    point: str = "",
    only: Any = None,
    to: str = "",
    key: str = "",
    yes: bool = False,
) -> None:
    """Put data of a snapshot back: new volumes, proven, then swapped in."""
    from deploy.backup.restore import restoring
    from deploy.tasks import show, show_backup
    from deploy.tasks.with_data import put_back
    from deploy.wiring import open_app
    from deploy.wiring.backup import reach_yard, restorable

    opened = open_app(app, env)
    out = show.console()
    with reach_yard(opened, show_backup.Telling(out)) as (target, yard):
        chosen = restorable(yard.catalog, point, to, only or [], key)
        show.confirm(opened.where, asks=True, yes=yes)
        with restoring(yard, chosen, only or []) as ready:
            put_back(out, target, ready, f"restore {chosen.id}")
    out.print(f"{opened.where}: the data of {chosen.id} serves; back with `inv restore.undo`")


@task(help={"env": ENV_HELP, "app": APP_HELP, "yes": YES_HELP})
def undo(_c: Any, env: str = "", app: str = "", yes: bool = False) -> None:
    """Put back the data that the last restore has put aside."""
    from deploy.backup.restore import undoing
    from deploy.tasks import show, show_backup
    from deploy.tasks.with_data import put_back
    from deploy.wiring import open_app
    from deploy.wiring.backup import reach_yard

    opened = open_app(app, env)
    out = show.console()
    with reach_yard(opened, show_backup.Telling(out)) as (target, yard):
        show.confirm(opened.where, asks=True, yes=yes)
        with undoing(yard) as ready:
            put_back(out, target, ready, "restore.undo")
    out.print(f"{opened.where}: the data from before the restore serves again")


backup = Collection()
backup.add_task(create, name="create", default=True)
for one in (list_, check, verify, prune, drill, keygen):
    backup.add_task(one)
restoring = Collection()
restoring.add_task(restore, name="now", default=True)
restoring.add_task(undo)
