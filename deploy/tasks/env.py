"""env.*: tasks for env files."""

from typing import Any

from deploy.tasks.base import APP_HELP, PLACE_HELP, task


@task(help={"env": PLACE_HELP, "app": APP_HELP})
def init(_c: Any, env: str = "", app: str = "") -> None:
    """Write an environment's env file from .env.example, with new secrets."""
    from deploy.errors import SettingsError
    from deploy.secrets.env_file import create
    from deploy.wiring import open_there_or_here

    environment = open_there_or_here(app, env).environment
    if environment.env_file is None:
        raise SettingsError(environment.name, "it names no env_file", "add it to deploy.toml")
    create(environment.env_file)
    print(f"{environment.env_file}: written; look it over before the first deploy")
