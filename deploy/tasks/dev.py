"""up, down, reset, test, lint, config: the daily work on this machine."""

from typing import TYPE_CHECKING, Any

from deploy.tasks.base import APP_HELP, PLACE_HELP, YES_HELP, task

if TYPE_CHECKING:
    from deploy.wiring import Here

_WELL = 300  # seconds for everything to become healthy


@task(help={"app": APP_HELP, "service": "only this service, and what it needs"})
def up(_c: Any, app: str = "", service: str = "") -> None:
    """Build the app and start it on this machine; say where it answers."""
    from deploy.secrets.env_file import create
    from deploy.wiring import open_here

    opened = open_here(app)
    env_file = opened.environment.env_file
    if env_file and not env_file.exists():
        create(env_file)
        print(f"{env_file}: written, with new secrets")
    names = (opened.known_service(service),) if service else ()
    wanted = ("--detach", "--build", "--remove-orphans", "--wait", f"--wait-timeout={_WELL}")
    compose(opened, "up", *wanted, *names)
    for line in opened.published():
        print(line)


@task(help={"app": APP_HELP})
def down(_c: Any, app: str = "") -> None:
    """Stop the app on this machine; its data stays."""
    from deploy.wiring import open_here

    compose(open_here(app), "down", "--remove-orphans")


@task(help={"app": APP_HELP, "yes": YES_HELP})
def reset(_c: Any, app: str = "", yes: bool = False) -> None:
    """Stop the app on this machine, and throw its data away."""
    from deploy.errors import SlipwayError
    from deploy.tasks import show
    from deploy.wiring import open_here

    opened = open_here(app)
    volumes = ", ".join(opened.document().get("volumes", {})) or "none"
    question = f"Throw away the data of {opened.where} (volumes: {volumes})? Type yes: "
    if not yes and not show.agreed(question):
        raise SlipwayError(opened.where, "it was not confirmed", "type yes, or give --yes")
    compose(opened, "down", "--remove-orphans", "--volumes")


@task(name="test", help={"app": APP_HELP})
def run_tests(_c: Any, app: str = "") -> None:
    """Run the app's own tests: `test` in [dev] of deploy.toml."""
    _in_folder(app, "test")


@task(name="lint", help={"app": APP_HELP})
def run_linters(_c: Any, app: str = "") -> None:
    """Run the app's own linters: `lint` in [dev] of deploy.toml."""
    _in_folder(app, "lint")


@task(help={"env": PLACE_HELP, "app": APP_HELP})
def config(_c: Any, env: str = "", app: str = "") -> None:
    """Print what Compose sees, without the secrets."""
    from deploy.wiring import open_there_or_here

    print(open_there_or_here(app, env).config(), end="")


def compose(opened: "Here", *arguments: str) -> None:
    """Run `docker compose` for an app here, on this terminal. Raises `EngineError`."""
    from deploy.errors import EngineError

    code = opened.host().start(opened.compose(*arguments), terminal=True).wait()
    if code:
        wrong = f"`docker compose {arguments[0]}` ended with exit code {code}"
        raise EngineError(opened.where, wrong, "what it said stands above; see `inv logs` too")


def _in_folder(app: str, verb: str) -> None:
    """Run what [dev] says under `verb`; `docker compose` in it means the app on this machine."""
    from deploy.errors import SettingsError
    from deploy.host.local import LocalHost
    from deploy.tasks.streams import stream
    from deploy.wiring import open_here

    opened = open_here(app)
    command = getattr(opened.settings.dev, verb)
    if not command:
        raise SettingsError(
            str(opened.settings.folder / "deploy.toml"),
            f"it does not say how to {verb} {opened.settings.app}",
            f'add to [dev], for example: {verb} = "docker compose run --rm backend pytest"',
        )
    host = LocalHost(opened.compose_variables(), opened.settings.folder)
    stream(host, ("sh", "-c", command), terminal=True)
