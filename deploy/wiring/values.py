"""Env files of an app that was never deployed: their names, and what all may know of them."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from deploy.init.variables import Variable, public

EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.dist",
    ".env.template",
    "env.example",
    "example.env",
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
        found = next((path for path in (*example, there, *beside) if path.is_file()), None)
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
        if path.is_file():
            found |= {k: v for k, v in _assigned(path).items() if v}
    return found


def _assigned(path: Path) -> dict[str, str | None]:
    """Return what an env file says; nothing where it cannot be read."""
    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError):
        return {}


def places(folder: Path, own: Mapping[str, str], checkout: Path) -> dict[str, str]:
    """Return the values that name what is there in the checkout, such as a folder to build from."""
    there = {name: (folder / value).resolve() for name, value in own.items()}
    return {
        name: own[name]
        for name, path in there.items()
        if not Variable(name).secret and path.is_relative_to(checkout) and os.path.exists(path)  # noqa: PTH110 - never raises, whatever the value is
    }
