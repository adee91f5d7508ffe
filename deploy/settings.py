"""deploy.toml as frozen values. Every error carries its place in the file and what to do."""

import difflib
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from deploy.errors import SettingsError

FILE = "deploy.toml"
LOCAL = "local"
_Value = TypeVar("_Value")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9_]*")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


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


@dataclass(frozen=True)
class Settings:
    """One app: its folder, its environments, and how it is rolled out."""

    app: str
    folder: Path
    environments: Mapping[str, Environment]
    rollout: RolloutSettings
    registry: Registry | None = None

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
                _nearest(name, self.environments) or f"choose one of: {known}",
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
        remedy = _nearest(name, apps) or f"the apps here are: {', '.join(apps) or 'none'}"
        raise SettingsError("--app", wrong, remedy)
    return apps[name]


def load(folder: Path) -> Settings:
    """Read `folder`/deploy.toml. Raises `SettingsError`."""
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
    return _settings(_Table(path, text, document, ()), folder)


def _settings(top: "_Table", folder: Path) -> Settings:
    app = top.name("app", folder.name)
    compose = top.strings("compose", ("compose.yaml",))
    environments = {
        name: _environment(top.table("environments").table(name), name, folder, compose)
        for name in top.table("environments").names()
    }
    rollout = _rollout(top.table("rollout"))
    registry = _registry(top.table("registry")) if "registry" in top.names() else None
    top.table("backup").ignore()
    top.close()
    if not environments:
        raise top.error("environments", "no environment is described", "add [environments.staging]")
    return Settings(app, folder, environments, rollout, registry)


def _environment(table: "_Table", name: str, folder: Path, compose: tuple[str, ...]) -> Environment:
    if not _ENVIRONMENT.fullmatch(name):
        # The Compose project is APP-ENVIRONMENT: with dashes in both, two could share one.
        raise table.error("", f"{name!r} is no environment name", "use a-z, 0-9 and _")
    hosts = table.strings("hosts", ())
    if not hosts:
        raise table.error("hosts", "no host is named", 'write hosts = ["user@server"]')
    files = tuple(folder / file for file in table.strings("compose", compose))
    for file in files:
        if not file.is_file():
            raise table.error("compose", f"there is no file {file}", "mend the path")
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


def _url(table: "_Table") -> str:
    url = table.string("url", "")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise table.error("url", f"{url!r} is no URL", 'write "https://example.com/health"')
    return url


def _registry(table: "_Table") -> Registry:
    registry = Registry(
        table.required("host"), table.required("username"), table.required("password_env")
    )
    if "/" in registry.host:
        raise table.error("host", f"{registry.host!r} is no host", 'write "registry.example.com"')
    table.close()
    return registry


def _rollout(table: "_Table") -> RolloutSettings:
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


class _Table:
    """A TOML table that knows where it stands and which of its keys were asked for."""

    def __init__(self, path: Path, text: str, values: Any, keys: tuple[str, ...]) -> None:  # noqa: ANN401
        self._path, self._text, self._keys = path, text, keys
        self._asked: set[str] = set()
        if not isinstance(values, dict):
            raise self.error("", f"a table is wanted, not {_kind(values)}", "see docs/reference")
        self._values: dict[str, Any] = values

    def error(self, key: str, wrong: str, remedy: str) -> SettingsError:
        """Return an error that names file, line and key."""
        keys = (*self._keys, key) if key else self._keys
        line = _line_of(self._text, keys)
        return SettingsError(f"{self._path}:{line}: {'.'.join(keys)}", wrong, remedy)

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def table(self, key: str) -> "_Table":
        self._asked.add(key)
        return _Table(self._path, self._text, self._values.get(key, {}), (*self._keys, key))

    def ignore(self) -> None:
        """Leave what is in here to the part of Slipway it is for."""

    def string(self, key: str, default: str) -> str:
        return self._get(key, default, str, "a string")

    def required(self, key: str) -> str:
        value = self.string(key, "").strip()
        if not value:
            raise self.error(key, "it is missing", f'write {key} = "…"')
        return value

    def command(self, key: str) -> str:
        """Return a command line that a shell could split into words."""
        value = self.required(key)
        try:
            shlex.split(value)
        except ValueError as error:
            raise self.error(key, f"{value!r} is no command: {error}", "close it") from None
        return value

    def name(self, key: str, default: str) -> str:
        value = self.string(key, default)
        if not _NAME.fullmatch(value):
            raise self.error(key, f"{value!r} is no name", "use a-z, 0-9 and dashes")
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        return self._get(key, default, bool, "true or false")

    def positive(self, key: str, default: int) -> int:
        value = self._get(key, default, int, "a whole number")
        if value < 1:
            raise self.error(key, f"{value} is too small", "write 1 or more")
        return value

    def duration(self, key: str, default: float, least: int = 0) -> float:
        """Return a length of time such as "90s", "5m" or "1h30m" in seconds, `least` or more."""
        value = self.string(key, f"{default:.0f}s")
        match = _DURATION.fullmatch(value)
        if not value or not match:
            raise self.error(key, f"{value!r} is no length of time", 'write "90s", "5m" or "1h"')
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        length = hours * 3600 + minutes * 60 + seconds
        if length < least:
            raise self.error(key, f"{value!r} is too short", f'write "{least}s" or more')
        return float(length)

    def strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._get(key, list(default), list, 'a list of strings, such as ["a", "b"]')
        if not all(isinstance(item, str) and item for item in value):
            raise self.error(key, "it holds something that is not a string", 'write ["a", "b"]')
        return tuple(value)

    def close(self) -> None:
        """Refuse the keys nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                nearest = _nearest(key, self._asked)
                known = f"known here: {', '.join(sorted(self._asked))}"
                raise self.error(key, "the key is unknown", nearest or known)

    def _get(self, key: str, default: _Value, kind: type[_Value], words: str) -> _Value:
        self._asked.add(key)
        value = self._values.get(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"{words} is wanted, not {_kind(value)}", "mend the value")
        return value


def _kind(value: object) -> str:
    kinds = {str: "a string", bool: "a boolean", int: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), type(value).__name__)


def _nearest(name: str, known: "Mapping[str, object] | set[str]") -> str:
    matches = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {matches[0]!r}?" if matches else ""


def _line_of(text: str, keys: tuple[str, ...]) -> int:
    """Return the line of `keys` in TOML `text`, or of the innermost of its tables that is there.

    tomllib keeps no positions; this looks for `[a.b]`, then for `c =` below it or `c =` inline.
    """
    lines = text.splitlines()
    found, section = 1, ""
    for number, line in enumerate(lines, 1):
        header = re.match(r"\s*\[+([^\]]+)\]", line)
        if header:
            section = header[1].replace('"', "").replace(" ", "")
            if ".".join(keys).startswith(section):
                found = number
        for depth in range(len(keys)):
            outer, key = ".".join(keys[:depth]), re.escape(keys[depth])
            if section == outer and re.match(rf'\s*"?{key}"?\s*[.=]', line):
                found = number
    return found
