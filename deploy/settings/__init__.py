"""deploy.toml as frozen values. Every error carries its place in the file and what to do."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.errors import SettingsError
from deploy.settings.backup import BackupSettings, read_backup
from deploy.settings.table import Table, nearest

FILE = "deploy.toml"
LOCAL = "local"
DEV, DEV_OVERLAY = "dev", "compose.dev.yaml"
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True)
class Migrate:
    """What is run once, in a one-off container of the new image, before the swap."""

    service: str
    command: str
    timeout: float = 300.0  # seconds


@dataclass(frozen=True)
class RolloutSettings:
    """How a rollout goes: `keep` releases stay bootable; `drain` and `pull` bound, in seconds.

    `wake` lets the edge start nginx after a power cut, for which it gets Docker's socket.
    """

    migrate: Migrate | None = None
    keep: int = 5
    drain: float = 35.0
    pull: float = 900.0
    wake: bool = True


@dataclass(frozen=True)
class Registry:
    """Who pulls the images of `host`; the password stands in the variable `password_env`."""

    host: str
    username: str
    password_env: str


@dataclass(frozen=True)
class Environment:
    """Where an app runs. Paths are absolute; `url` is proven through nginx after each rollout."""

    name: str
    hosts: tuple[str, ...]
    compose: tuple[Path, ...]
    env_file: Path | None = None
    url: str = ""
    confirm: bool = False
    root: str = "/opt"

    @property
    def url_port(self) -> int:
        """The port of the URL, which its scheme decides where it names none."""
        url = urlsplit(self.url)
        return url.port or (443 if url.scheme == "https" else 80)


@dataclass(frozen=True)
class Dev:
    """The app on this machine, as `inv up` starts it. Paths are absolute; the env file may lack.

    `test` and `lint` are what their tasks run, in a shell, in the app's folder.
    """

    compose: tuple[Path, ...]
    env_file: Path
    test: str = ""
    lint: str = ""


@dataclass(frozen=True)
class Settings:
    """One app: its folder, its environments, and how it is rolled out."""

    app: str
    folder: Path
    environments: Mapping[str, Environment]
    rollout: RolloutSettings
    dev: Dev
    registry: Registry | None = None
    backup: BackupSettings | None = None

    def environment(self, name: str | None) -> Environment:
        """Return the environment called `name`; without a name, DEPLOY_ENV or the only one."""
        name = name or os.environ.get("DEPLOY_ENV") or None
        if name is None and len(self.environments) == 1:
            return next(iter(self.environments.values()))
        known = ", ".join(self.environments)
        if name is None:
            raise SettingsError("--env", "no environment is named", f"choose one of: {known}")
        if name not in self.environments:
            raise SettingsError(
                "--env",
                f"there is no environment {name!r} in {self.folder / FILE}",
                nearest(name, self.environments) or f"choose one of: {known}",
            )
        return self.environments[name]


def find_app(checkout: Path, name: str | None, here: Path | None = None) -> Path:
    """Return the folder of the app called `name`; without a name: DEPLOY_APP, `here`, the only app.

    `here` is the folder that the user is in.
    """
    name = name or os.environ.get("DEPLOY_APP") or None
    apps = {path.parent.name: path.parent for path in sorted(checkout.glob(f"compose/*/{FILE}"))}
    for folder in (here, checkout) if name is None else ():
        if folder and (folder / FILE).is_file():
            return folder
    if name is None and len(apps) == 1:
        return next(iter(apps.values()))
    if name is None:
        wrong = "several apps are here" if apps else f"there is no {FILE} and no compose/*/{FILE}"
        remedy = f"choose one with --app: {', '.join(apps)}" if apps else "write one beside it"
        raise SettingsError(str(checkout), wrong, remedy)
    if name not in apps:
        folder = checkout / "compose" / name
        wrong = f"{folder} has no {FILE}" if folder.is_dir() else f"there is no app {name!r}"
        known = f"the apps here are: {', '.join(apps) or 'none'}"
        if not apps and (checkout / FILE).is_file():
            known = f"leave out --app, and DEPLOY_APP: the only app here is that of {FILE}"
        remedy = nearest(name, apps) or known
        raise SettingsError("--app", wrong, remedy)
    return apps[name]


def load(folder: Path, *, for_servers: bool = True) -> Settings:
    """Read `folder`/deploy.toml; `[backup]`, and the files it names, only `for_servers`.

    Raises `SettingsError`.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            str(path), "there is no such file", "write it beside the compose file"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{path}:{line[1]}" if line else str(path)
        raise SettingsError(place, f"it is not TOML: {error}", "mend that line") from None
    return _settings(Table(path, text, document, ()), folder, for_servers=for_servers)


def _settings(top: Table, folder: Path, *, for_servers: bool) -> Settings:
    app = top.name("app", folder.name)
    compose = top.strings("compose", ("compose.yaml",))
    environments = {
        name: _environment(top.table("environments").table(name), name, folder, compose)
        for name in top.table("environments").names()
    }
    dev = _dev(top.table("dev"), folder, compose)
    rollout = _rollout(top.table("rollout"))
    registry = _registry(top.table("registry")) if "registry" in top.names() else None
    described = top.table("backup")
    backup = read_backup(described, folder) if for_servers and "backup" in top.names() else None
    top.close()
    if not environments:
        raise top.error("environments", "no environment is described", "add [environments.staging]")
    return Settings(app, folder, environments, rollout, dev, registry, backup)


def _environment(table: Table, name: str, folder: Path, compose: tuple[str, ...]) -> Environment:
    if not _ENVIRONMENT.fullmatch(name):
        # The Compose project is APP-ENVIRONMENT: with dashes in both, two could share one.
        raise table.error("", f"{name!r} is no environment name", "use a-z, 0-9 and _")
    if name == DEV:
        raise table.error("", f"{name!r} is this machine", "take another name, or write [dev]")
    hosts = table.strings("hosts", ())
    if not hosts:
        raise table.error("hosts", "no host is named", 'write hosts = ["user@server"]')
    files = _compose_files(table, folder, compose)
    env_file = table.string("env_file", "")
    environment = Environment(
        name=name,
        hosts=hosts,
        compose=files,
        env_file=folder / env_file if env_file else None,
        url=_url(table),
        confirm=table.boolean("confirm", default=False),
        root=table.string("root", "/opt"),
    )
    table.close()
    return environment


def _dev(table: Table, folder: Path, compose: tuple[str, ...]) -> Dev:
    overlay = (DEV_OVERLAY,) if (folder / DEV_OVERLAY).is_file() else ()
    wanted = (*compose, *overlay)
    dev = Dev(
        # What nobody has written down may lack: then only `inv up` and its like miss it.
        compose=_compose_files(table, folder, wanted)
        if "compose" in table.names()
        else tuple(folder / file for file in wanted),
        env_file=folder / table.string("env_file", ".env"),
        test=table.string("test", ""),
        lint=table.string("lint", ""),
    )
    table.close()
    return dev


def _compose_files(table: Table, folder: Path, default: tuple[str, ...]) -> tuple[Path, ...]:
    files = tuple(folder / file for file in table.strings("compose", default))
    if not files:
        raise table.error("compose", "no file is named", 'write compose = ["compose.yaml"]')
    for file in files:
        if not file.is_file():
            raise table.error("compose", f"there is no file {file}", "mend the path")
    return files


def _url(table: Table) -> str:
    url = table.string("url", "")
    if url and not _is_url(url):
        raise table.error("url", f"{url!r} is no URL", 'write "https://example.com/health"')
    return url


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is none, or half an IPv6 address
        return False


def _registry(table: Table) -> Registry:
    registry = Registry(
        table.required("host"), table.required("username"), table.required("password_env")
    )
    if "/" in registry.host:
        raise table.error("host", f"{registry.host!r} is no host", 'write "registry.example.com"')
    table.close()
    return registry


def _rollout(table: Table) -> RolloutSettings:
    migrate = None
    if "migrate" in table.names():
        inner = table.table("migrate")
        migrate = Migrate(
            service=inner.required("service"),
            command=inner.command("command"),
            timeout=inner.duration("timeout", Migrate.timeout, least=1),
        )
        inner.close()
    settings = RolloutSettings(
        migrate=migrate,
        keep=table.positive("keep", RolloutSettings.keep),
        drain=table.duration("drain", RolloutSettings.drain),
        pull=table.duration("pull", RolloutSettings.pull, least=1),
        wake=table.boolean("wake", default=RolloutSettings.wake),
    )
    table.close()
    return settings
