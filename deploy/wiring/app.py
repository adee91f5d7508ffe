"""An app in an environment, as this checkout describes it, and what its Compose files want."""

import dataclasses
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.engine.base import Observation
from deploy.engine.compose.document import (
    compose_argv,
    env_files,
    read_document,
    variables_file,
    without_secrets,
)
from deploy.engine.compose.engine import ComposeEngine
from deploy.engine.compose.login import Login
from deploy.engine.compose.services import proxy_of
from deploy.errors import SettingsError
from deploy.host import Command, Host, Secret, check
from deploy.host.local import LocalHost
from deploy.host.masked import Mask, MaskedHost
from deploy.host.ssh import SshHost
from deploy.proxy.nginx import Nginx
from deploy.rollout.plan import Extras
from deploy.rollout.run import Target
from deploy.rollout.steps import Migrate
from deploy.secrets import env_file
from deploy.settings import LOCAL, Environment, Settings, find_app, load
from deploy.wiring.blueprint import ComposeBlueprint

SANDBOX = ".sandbox"  # names under this ending are reached through the sandbox of this checkout
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def find_checkout(start: Path | None = None) -> Path:
    """Return the project's folder: the nearest with tasks.py or .git, or where `start` is."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if any((folder / name).exists() for name in ("tasks.py", ".git")):
            return folder
    return start


@dataclass(frozen=True)
class App:
    """One app in one environment, as this checkout describes it."""

    checkout: Path
    settings: Settings
    environment: Environment

    @property
    def project(self) -> str:
        """The Compose project on the server."""
        return f"{self.settings.app}-{self.environment.name}"

    @property
    def root(self) -> str:
        """The environment's folder on the server."""
        return f"{self.environment.root}/{self.settings.app}/{self.environment.name}"

    @property
    def where(self) -> str:
        """What plans and outcomes call it."""
        return f"{self.settings.app} on {self.environment.name}"

    def moved(self, host: str) -> "App":
        """Return it on another machine; without one, as it is."""
        if not host:
            return self
        environment = dataclasses.replace(self.environment, hosts=(host,))
        return dataclasses.replace(self, environment=environment)

    @contextmanager
    def reach(self) -> Iterator[Target]:
        """Yield the live objects for this environment, and let the machine go afterwards."""
        target = self.target()
        try:
            yield target
        finally:
            target.host.close()

    def target(self, host: Host | None = None) -> Target:
        """Return the live objects for this environment; the connection opens when it is used."""
        host = host or MaskedHost(self.host(), self.secrets())
        return Target(
            host,
            ComposeEngine(host, self.project, self.root, self.settings.rollout.pull, self.login()),
            Nginx(host, self.project, self.environment.url),
            self.root,
            self.settings.rollout.keep,
            self.settings.rollout.drain,
        )

    def host(self) -> Host:
        """Return the way to this environment's machine."""
        addresses = self.environment.hosts
        if len(addresses) > 1:
            raise SettingsError(
                f"environments.{self.environment.name}.hosts",
                "more than one host is not supported yet",
                "name one; give every further machine an environment of its own",
            )
        if addresses[0] == LOCAL:
            return LocalHost()
        sandbox = self.checkout / ".sandbox" / "ssh_config"
        is_sandbox = addresses[0].partition(":")[0].endswith(SANDBOX)
        if is_sandbox and not sandbox.is_file():
            raise SettingsError(addresses[0], "the sandbox is not up", "start it: `inv sandbox.up`")
        configs = [Path("~/.ssh/config").expanduser(), Path("/etc/ssh/ssh_config")]
        return SshHost(addresses[0], tuple([sandbox, *configs] if is_sandbox else configs))

    def login(self) -> Login | None:
        """Return who pulls from the registry of deploy.toml."""
        registry = self.settings.registry
        if registry is None:
            return None
        password = os.environ.get(registry.password_env)
        secret = Secret(password) if password else None
        return Login(registry.host, registry.username, secret, registry.password_env)

    def extras(self) -> Extras:
        """Return what a deploy does besides swapping."""
        found = self.settings.rollout.migrate
        if found is None:
            return Extras()
        return Extras(Migrate(found.service, tuple(shlex.split(found.command)), found.timeout))

    def blueprint(self, tag: str | None, *, refresh: bool = False) -> ComposeBlueprint:
        """Return what the Compose files want, with image tag `tag` or the git revision."""
        revision = git_revision(self.checkout)
        if tag is not None and not _TAG.fullmatch(tag):
            raise SettingsError("--tag", f"{tag!r} is no image tag", "use letters, digits, . _ -")
        if tag is None and not revision:
            raise SettingsError("--tag", "this is no git checkout", "name the tag: --tag v1")
        tag_now = tag or revision
        if self.environment.env_file:
            env_file.check(self.environment.env_file)
        document = read_document(
            LocalHost({"TAG": tag_now}),
            self.project,
            self.environment.compose,
            self.environment.env_file,
        )
        blueprint = ComposeBlueprint(
            self, document, tag_now, revision or tag_now, asked=tag is not None, refresh=refresh
        )
        self._check_migrate(document)
        self._check_url(document)
        return blueprint

    def check_service(self, seen: Observation, name: str) -> str:
        """Return the name of a running container of service `name`. Raises `SettingsError`."""
        known = sorted({replica.service for replica in seen.replicas})
        if name and name not in known:
            raise SettingsError(
                "--service",
                f"no container of {name!r} is on {self.environment.name}",
                f"there are: {', '.join(known) or 'none; run `inv deploy` first'}",
            )
        running = [replica.name for replica in seen.of(name) if replica.running]
        if name and not running:
            raise SettingsError("--service", f"{name} does not run", "look at `inv status`")
        return running[0] if running else ""

    def compose(self, *arguments: str) -> Command:
        """Return a `docker compose` command for this machine."""
        argv = compose_argv(self.project, self.environment.compose, self.environment.env_file)
        return Command((*argv, *arguments), name=f"docker compose {arguments[0]}", timeout=3600)

    def config(self) -> str:
        """Return what Compose sees, as YAML, without what env files keep secret."""
        self.document()  # says clearly what is missing
        command, host = self.compose("config"), LocalHost(self.tag_variable())
        text = check(self.where, command, host.run(command)).text
        return without_secrets(text, Mask(self.secrets()))

    def document(self) -> Mapping[str, Any]:
        """Return the whole Compose model. Raises `ComposeError`."""
        files, env_file_here = self.environment.compose, self.environment.env_file
        return read_document(LocalHost(self.tag_variable()), self.project, files, env_file_here)

    def masked(self, text: str) -> str:
        """Return `text` without what env files keep secret."""
        return Mask(self.secrets()).text(text)

    def secrets(self) -> tuple[Secret, ...]:
        """Return what must not be shown of the env files: that of Compose, those of services."""
        files = self.environment.compose
        variables = variables_file(files, self.environment.env_file)
        known = {**env_file.values_of(variables), **os.environ}
        paths = (variables, *env_files(files, known))
        return tuple(secret for path in paths for secret in env_file.secrets_of(path))

    def tag_variable(self) -> dict[str, str]:
        """Return `TAG` as a deploy without a `--tag` sets it."""
        return {"TAG": git_revision(self.checkout)}

    def builder(self, tag: str, images: Mapping[str, str]) -> LocalHost:
        """Return where images are built: the sandbox's own engine for the sandbox's registry."""
        in_sandbox = any(
            image.split("/")[0].split(":")[0].endswith(SANDBOX) for image in images.values()
        )
        environment = {"TAG": tag}
        if in_sandbox:
            from deploy.sandbox import Sandbox  # noqa: PLC0415 - only here, and it costs 0.3 s

            socket = Sandbox.at(self.checkout).builder_socket
            if not socket.exists():
                raise SettingsError(
                    "the sandbox's builder", "it is not up", "start it: `inv sandbox.up`"
                )
            environment["DOCKER_HOST"] = f"unix://{socket}"
        return LocalHost(environment)

    def _check_url(self, document: Mapping[str, Any]) -> None:
        """See that the URL's port is one that nginx itself listens on: it is asked there."""
        proxy = proxy_of(document)
        published = document["services"][proxy].get("ports", []) if proxy else []
        targets = {int(port["target"]) for port in published}
        port = self.environment.url_port
        if self.environment.url and targets and port not in targets:
            raise SettingsError(
                f"{self.settings.folder / 'deploy.toml'}: environments.{self.environment.name}.url",
                f"no port {port} of {proxy} is published",
                "write the port inside the container, not the published one: one of"
                f" {', '.join(map(str, sorted(targets)))}",
            )

    def _check_migrate(self, document: Mapping[str, Any]) -> None:
        migrate = self.settings.rollout.migrate
        if migrate and migrate.service not in document["services"]:
            raise SettingsError(
                f"{self.settings.folder / 'deploy.toml'}: rollout.migrate.service",
                f"there is no service {migrate.service!r} in the Compose file",
                f"the services are: {', '.join(document['services'])}",
            )


def open_app(name: str | None, env: str | None, start: Path | None = None) -> App:
    """Return the app and environment that flags name. Raises `SettingsError`."""
    checkout, settings = find_settings(name, start)
    return App(checkout, settings, settings.environment(env))


def find_settings(
    name: str | None, start: Path | None, *, for_servers: bool = True
) -> tuple[Path, Settings]:
    """Return the checkout and the settings of the app called `name`. Raises `SettingsError`."""
    checkout = find_checkout(start)
    folder = find_app(checkout, name, (start or Path.cwd()).resolve())
    return checkout, load(folder, for_servers=for_servers)


def git_revision(checkout: Path) -> str:
    """Return the git revision as 12 hex digits, or nothing outside a git checkout."""
    host = LocalHost(folder=checkout)
    result = host.run(Command(("git", "rev-parse", "--short=12", "HEAD")))
    return result.text.strip() if result.ok else ""


def uncommitted(checkout: Path) -> bool:
    """Return whether the checkout differs from its revision."""
    host = LocalHost(folder=checkout)
    command = Command(("git", "status", "--porcelain"))
    return bool(check(host.name, command, host.run(command)).text.strip())
