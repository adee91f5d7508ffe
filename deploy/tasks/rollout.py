"""deploy, rollback, scale, migrate: what changes an environment."""

import dataclasses
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from deploy.tasks.base import APP_HELP, ENV_HELP, JSON_HELP, KEY_HELP, PLACE_HELP, YES_HELP, task

if TYPE_CHECKING:
    from deploy.engine.base import Observation
    from deploy.rollout.release import Release

TAG_HELP = "image tag to deploy (default: the git revision)"
RECREATE_HELP = "database that may be recreated; can be given several times"


@task(
    iterable=["recreate"],
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "tag": TAG_HELP,
        "dry-run": "show the plan and the commands of its steps; change nothing",
        "yes": YES_HELP,
        "recreate": RECREATE_HELP,
        "no-backup": "take no snapshot before it, although [backup] is there",
        "refresh": "ask the registry again for the digest of every tag",
        "json": JSON_HELP,
    },
)
def deploy(
    _c: Any,
    env: str = "",
    app: str = "",
    tag: str = "",
    dry_run: bool = False,
    yes: bool = False,
    recreate: Any = None,
    refresh: bool = False,
    no_backup: bool = False,
    json: bool = False,
) -> None:
    """Put a new version in place of the old one, without a failed request."""
    from deploy.rollout import deploy as rollout
    from deploy.tasks import show, show_backup
    from deploy.tasks.dry_run import rehearse
    from deploy.wiring import open_app, uncommitted
    from deploy.wiring.backup import backup_step
    from deploy.wiring.telling import measure

    opened = open_app(app, env)
    where = opened.where
    out = show.console(quiet=json)
    blueprint = opened.blueprint(tag or None, refresh=refresh)
    if not tag and uncommitted(opened.checkout):
        out.print(f"note: uncommitted changes are not in tag {blueprint.tag}", style="yellow")
    with opened.reach() as target:
        if dry_run:
            rehearse(out, opened, blueprint, target, where)
            return

        asks = opened.environment.confirm
        confirm = show.confirmation(out, where, asks=asks, yes=yes, recreate=recreate or [])
        extras = opened.extras()
        if not no_backup:
            telling = show_backup.Telling(out)
            step = backup_step(opened, target, telling, lambda: measure(opened, show.warn, ok=True))
            extras = dataclasses.replace(extras, backup=step)
        outcome = rollout.deploy(target, blueprint, extras, show.Progress(out), confirm)
        show.show_outcome(out, outcome, where, as_json=json)


@task(
    iterable=["recreate"],
    help={
        "env": ENV_HELP,
        "app": APP_HELP,
        "to": "release (its id or its tag) to put back (default: the one before the current one)",
        "yes": YES_HELP,
        "recreate": RECREATE_HELP,
        "with-data": "put back the data too, as it was before the release after that one",
        "key": KEY_HELP,
        "json": JSON_HELP,
    },
)
def rollback(
    _c: Any,
    env: str = "",
    app: str = "",
    to: str = "",
    yes: bool = False,
    recreate: Any = None,
    with_data: bool = False,
    key: str = "",
    json: bool = False,
) -> None:
    """Put an earlier release back: images, compose file, env file, nginx."""
    from deploy.rollout import deploy as rollout
    from deploy.tasks import with_data as data

    def choose(seen: "Observation") -> "Release":
        return rollout.choose_release(seen, to or None)

    with data.before(app, env, choose, key) if with_data else nullcontext() as swap:
        _put(app, env, "rollback", choose, yes=yes, recreate=recreate or [], json=json)
        if swap:
            swap()


@task(
    positional=["replicas"],
    help={
        "replicas": "SERVICE=NUMBER, or several with commas between: web=3,worker=2",
        "env": ENV_HELP,
        "app": APP_HELP,
        "yes": YES_HELP,
        "json": JSON_HELP,
    },
)
def scale(
    _c: Any,
    replicas: str,
    env: str = "",
    app: str = "",
    yes: bool = False,
    json: bool = False,
) -> None:
    """Run more or fewer replicas of a service, until the next deploy."""
    from deploy.rollout import deploy as rollout
    from deploy.tasks import show

    wanted = show.parse_replicas(replicas)
    _put(
        app,
        env,
        f"scale {replicas}",
        lambda seen: rollout.scaled(rollout.recorded_current(seen), wanted),
        yes=yes,
        recreate=(),
        json=json,
    )


def _put(
    app: str,
    env: str,
    reason: str,
    choose: Any,
    *,
    yes: bool,
    recreate: Any,
    json: bool,
) -> None:
    from deploy.rollout import deploy as rollout
    from deploy.tasks import show
    from deploy.wiring import open_app

    opened = open_app(app, env)
    where = opened.where
    out = show.console(quiet=json)
    asks = opened.environment.confirm
    confirm = show.confirmation(out, where, asks=asks, yes=yes, recreate=recreate or [])
    with opened.reach() as target:
        outcome = rollout.put(target, choose, show.Progress(out), confirm, reason)
        show.show_outcome(out, outcome, where, as_json=json)


@task(help={"env": PLACE_HELP, "app": APP_HELP, "yes": YES_HELP})
def migrate(_c: Any, env: str = "", app: str = "", yes: bool = False) -> None:
    """Run the migration again: of what serves there, or of what is here."""
    from deploy.errors import SettingsError
    from deploy.rollout import deploy as rollout
    from deploy.rollout.plan import Plan
    from deploy.rollout.run import Rollout
    from deploy.tasks import dev, show
    from deploy.wiring import Here, open_there_or_here

    opened = open_there_or_here(app, env)
    step = opened.extras().migrate
    if step is None:
        raise SettingsError(
            str(opened.settings.folder / "deploy.toml"),
            "no migration is described",
            'add to [rollout]: migrate = { service = "backend", command = "…" }',
        )
    if isinstance(opened, Here):
        dev.compose(opened, "run", "--rm", step.service, *step.argv)
        return
    where = opened.where
    show.confirm(where, asks=opened.environment.confirm, yes=yes)
    with opened.reach() as target:
        seen = target.engine.observe()
        release = rollout.recorded_current(seen)
        out = show.console()
        progress = show.Progress(out)
        Rollout(target, release, seen, Plan((step,), {}), progress, "migrate").carry_out(b"")
