"""An app on this machine, as `inv up` starts it: no release, no lock, one Compose project."""

import json
import os
from pathlib import Path

from deploy.errors import SettingsError
from deploy.host import Host, check
from deploy.host.local import LocalHost
from deploy.secrets.env_file import example_of, values_of
from deploy.settings import DEV, FILE, LOCAL, Environment
from deploy.settings.table import nearest
from deploy.wiring.app import App, find_settings, open_app


class Here(App):
    """One app on this machine, with the Compose files of [dev]."""

    def host(self) -> Host:
        """Return this machine, with `TAG` in the environment where it needs one."""
        return LocalHost(self.tag_variable())

    def tag_variable(self) -> dict[str, str]:
        """Return `TAG` where neither the shell nor the env file says it: a working copy."""
        env_file_here = self.environment.env_file
        known = env_file_here and "TAG" in values_of(env_file_here)
        return {} if known or "TAG" in os.environ else {"TAG": DEV}

    def known_service(self, name: str) -> str:
        """Return the name of a service, or nothing for none. Raises `SettingsError`."""
        services = self.document()["services"]
        if name and name not in services:
            raise SettingsError(
                "--service",
                f"there is no service {name!r}",
                nearest(name, services) or f"there are: {', '.join(services)}",
            )
        return name

    def published(self) -> list[str]:
        """Return a line for each port of this machine that leads to a container."""
        command = self.compose("ps", "--format", "json")
        text = check(self.where, command, self.host().run(command)).text
        lines = set()
        for container in map(json.loads, text.splitlines()):
            for port in container.get("Publishers") or []:
                if port["PublishedPort"]:
                    there = f"{port['URL']}:{port['PublishedPort']}"
                    lines.add(f"{container['Service']}: {there} -> {port['TargetPort']}")
        return sorted(lines)

    def compose_variables(self) -> dict[str, str]:
        """Return the variables with which a bare `docker compose` means this app here."""
        files = os.pathsep.join(map(str, self.environment.compose))
        return {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": files,
            **self.tag_variable(),
        }


def open_here(name: str | None, start: Path | None = None) -> Here:
    """Return the app on this machine. Raises `SettingsError`."""
    checkout, settings = find_settings(name, start, for_servers=False)
    dev = settings.dev
    for file in dev.compose:
        if not file.is_file():
            raise SettingsError(
                f"{settings.folder / FILE}: dev.compose",
                f"there is no file {file}",
                'name what runs on this machine: [dev] compose = ["…"]',
            )
    wanted = any(file.is_file() for file in (dev.env_file, example_of(dev.env_file)))
    environment = Environment(DEV, (LOCAL,), dev.compose, dev.env_file if wanted else None)
    return Here(checkout, settings, environment)


def open_there_or_here(name: str | None, env: str | None) -> App:
    """Return the app in the environment that `env` or DEPLOY_ENV names, else on this machine."""
    env = env or os.environ.get("DEPLOY_ENV")
    return open_app(name, env) if env else open_here(name)
