"""Env files of an app that was never deployed: their names, and what all may know of them."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from deploy.init.variables import Variable, public, variables_of

EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.dist",
    ".env.template",
    "env.example",
    "example.env",
)
_PORTS = frozenset(["ports", "expose"])
_TOLD = frozenset(  # from these something may be written into the repository
    ["build", "command", "entrypoint", "environment", "labels", "test", "volumes"]
)


def env_files(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of a service's env files."""
    entries = service["env_file"]
    for entry in entries if isinstance(entries, list) else [entries]:
        yield entry["path"] if isinstance(entry, dict) else str(entry)


def env_names(folder: Path, files: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the names in env files, or in their examples, and the values that all may know."""
    names: dict[str, None] = {}
    values: dict[str, str] = {}
    for file in files:
        there = folder / file
        example = [
            there.with_name(f"{there.name}{end}")
            for end in (".example", ".sample", "-sample", "-example", ".dist")
        ]
        example += [there.with_name(f"{there.name}.example".replace(".env.", ".env.example."))]
        beside = [there.with_name(name) for name in EXAMPLES]
        found = next((path for path in (*example, there, *beside) if is_file(path)), None)
        if found is None:
            continue
        read = {k: v for k, v in _assigned(found).items() if v is not None}
        names |= dict.fromkeys(read)
        values |= {k: v for k, v in read.items() if found != there or public(k, v)}
    return tuple(names), values


def values(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Return what the env files of these names say, as far as they are there."""
    found: dict[str, str] = {}
    for name in names:
        path = folder / name
        if is_file(path):
            found |= {k: v for k, v in _assigned(path).items() if v}
    return found


def _assigned(path: Path) -> dict[str, str | None]:
    """Return what an env file says; nothing where it cannot be read."""
    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError):
        return {}


def is_file(path: Path) -> bool:
    """Whether it is a file; what may not be looked at, such as another user's, is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def usable(
    own: Mapping[str, str], services: Mapping[str, Any], folder: Path, checkout: Path
) -> dict[str, str]:
    """Return the private values that the model may have.

    They name what is there in the checkout, such as a folder to build from, are ports of the
    machine, or are used where nothing is written from, such as an image.
    """
    uses = [use for service in services.values() for use in _uses(service)]
    ports = {name for key, name in uses if key in _PORTS}
    silent = {name for _, name in uses} - {name for key, name in uses if key in {*_TOLD, *_PORTS}}
    return {
        name: value
        for name, value in own.items()
        if not Variable(name).secret
        and (
            name in silent
            or (name in ports and re.fullmatch(r"\d{1,5}", value))
            or _is_there(folder / value, checkout)
        )
    }


def _uses(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key of a service with the variables that stand in it."""
    check = service.get("healthcheck")
    more = check if isinstance(check, Mapping) else {}
    for key, value in [*service.items(), *more.items()]:
        if key != "healthcheck":
            yield from ((key, one.name) for one in variables_of(json.dumps(value, default=str)))


def _is_there(path: Path, checkout: Path) -> bool:
    ours = path.resolve().is_relative_to(checkout)
    return ours and os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a name is long
