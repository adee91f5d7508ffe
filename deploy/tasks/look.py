"""status, releases, health, logs, exec: what looks at an environment and changes nothing."""

from typing import TYPE_CHECKING, Any

from deploy.tasks.base import APP_HELP, ENV_HELP, JSON_HELP, PLACE_HELP, task

if TYPE_CHECKING:
    from deploy.wiring import App

SERVICE_HELP = "service of the Compose file"


@task(help={"env": ENV_HELP, "app": APP_HELP, "json": JSON_HELP})
def status(
    _c: Any,
    env: str = "",
    app: str = "",
    json: bool = False,
) -> None:
    """Say what serves, what is wanted, and what is wrong."""
    import dataclasses
    import json as jsonlib

    from deploy.rollout.release import current_release
    from deploy.rollout.run import ask_anyway
    from deploy.rollout.verdict import findings
    from deploy.tasks import show
    from deploy.wiring import open_app

    opened = open_app(app, env)
    with opened.reach() as target:
        seen = target.engine.observe()
        release = current_release(seen)
        answer = ask_anyway(target, seen, release) if release else None
    backup, record = _backup(opened)
    if json:
        print(
            jsonlib.dumps(
                {
                    "release": release.id if release else None,
                    "tag": release.tag if release else None,
                    "serves": answer.ok if answer else None,
                    "replicas": [dataclasses.asdict(replica) for replica in seen.replicas],
                    "lock": dataclasses.asdict(seen.lock) if seen.lock else None,
                    "findings": findings(seen, release),
                    "disk_free": seen.disk_free,
                    "backup": record,
                }
            )
        )
        return
    where = opened.where
    show.show_status(show.console(), seen, release, answer, where, backup)


def _backup(opened: "App") -> tuple[str, dict[str, object] | None]:
    """Return how it is backed up, for people and for machines; nothing without `[backup]`."""
    if opened.settings.backup is None:
        return "", None

    import time

    from deploy.errors import SlipwayError
    from deploy.tasks import show_backup
    from deploy.wiring.backup import standing_soon

    try:
        standing = standing_soon(opened)
    except Exception as error:  # noqa: BLE001 - whatever the store does, status is said
        why = error.wrong if isinstance(error, SlipwayError) else type(error).__name__
        return f"the store does not answer ({why})", {"error": why}
    now = time.time()
    return show_backup.standing_line(standing, now), show_backup.standing_record(standing, now)


@task(help={"env": ENV_HELP, "app": APP_HELP, "json": JSON_HELP})
def releases(
    _c: Any,
    env: str = "",
    app: str = "",
    json: bool = False,
) -> None:
    """List the releases that can be put back, newest first."""
    import json as jsonlib

    from deploy.rollout.release import releases_of
    from deploy.tasks import show
    from deploy.wiring import open_app

    opened = open_app(app, env)
    with opened.reach() as target:
        seen = target.engine.observe()
    if json:
        found = {release.id: jsonlib.loads(release.to_json()) for release in releases_of(seen)}
        print(jsonlib.dumps({"current": seen.current, "releases": found}))
        return
    show.show_releases(show.console(), releases_of(seen), seen.current)


@task(help={"env": ENV_HELP, "app": APP_HELP})
def health(
    _c: Any,
    env: str = "",
    app: str = "",
) -> None:
    """Ask for the URL of deploy.toml through nginx, and say what it answers."""
    from deploy.errors import ProxyError
    from deploy.rollout.release import current_release
    from deploy.rollout.run import ask
    from deploy.tasks import show
    from deploy.wiring import open_app

    opened = open_app(app, env)
    with opened.reach() as target:
        seen = target.engine.observe()
        answer = ask(target, seen, current_release(seen))
    if not answer.ok:
        wrong = f"{answer.url} answers {answer.status}"
        raise ProxyError("health", wrong, "see `inv logs`", detail=answer.text)
    show.console().print(f"{answer.url} answers {answer.text}", markup=False)


@task(
    help={
        "env": PLACE_HELP,
        "app": APP_HELP,
        "service": f"{SERVICE_HELP} (default: all)",
        "follow": "go on until Ctrl-C",
        "tail": "how many lines of the past to show for each replica",
    }
)
def logs(
    _c: Any,
    env: str = "",
    app: str = "",
    service: str = "",
    follow: bool = False,
    tail: int = 50,
) -> None:
    """Show the logs of the containers."""
    from deploy.tasks.streams import stream
    from deploy.wiring import Here, open_there_or_here

    opened = open_there_or_here(app, env)
    wanted = ["logs", "--no-color", f"--tail={tail}", *(["--follow"] if follow else [])]
    wanted += [service] if service else []
    with opened.reach() as target:
        if isinstance(opened, Here):
            opened.known_service(service)
            argv = opened.compose(*wanted).argv
        else:
            opened.check_service(target.engine.observe(), service)
            argv = ("docker", "compose", "--project-name", opened.project, *wanted)
        stream(target.host, argv, endless=follow)


@task(
    name="exec",
    positional=["command"],
    help={
        "command": "what to run; quote it as one argument",
        "service": SERVICE_HELP,
        "env": PLACE_HELP,
        "app": APP_HELP,
    },
)
def execute(
    _c: Any,
    command: str,
    service: str = "",
    env: str = "",
    app: str = "",
) -> None:
    """Run a command in a running replica, on a terminal if there is one."""
    import shlex

    from deploy.errors import SettingsError

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise SettingsError("exec", f"{command!r} is no command: {error}", "close it") from None
    _inside(app, env, service, words)


@task(help={"service": SERVICE_HELP, "env": PLACE_HELP, "app": APP_HELP})
def shell(_c: Any, service: str = "", env: str = "", app: str = "") -> None:
    """Open a shell in a running replica."""
    _inside(app, env, service, ["sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"])


def _inside(app: str, env: str, service: str, words: list[str]) -> None:
    import sys

    from deploy.errors import SettingsError
    from deploy.tasks.streams import stream
    from deploy.wiring import Here, open_there_or_here

    opened = open_there_or_here(app, env)
    if not service:
        raise SettingsError("--service", "no service is named", "name one, such as --service web")
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    with opened.reach() as target:
        if isinstance(opened, Here):
            plain = [] if terminal else ["--no-TTY"]
            argv = opened.compose("exec", *plain, opened.known_service(service), *words).argv
        else:
            replica = opened.check_service(target.engine.observe(), service)
            flags = ("--interactive", "--tty") if terminal else ("--interactive",)
            argv = ("docker", "exec", *flags, replica, *words)
        stream(target.host, argv, terminal=terminal)
