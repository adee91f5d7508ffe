"""Env files: filled in from .env.example, and checked before anything is deployed."""

import os
import re
import secrets
from pathlib import Path

from dotenv import dotenv_values

from deploy.errors import SettingsError
from deploy.host import Secret

GENERATE = "# generate"  # the comment above a variable that is a secret of one environment
_BITS = 192
_PLACEHOLDER = re.compile(r"^(change[-_ ]?me|changeit|todo|xxx+|your[-_ ].*|<.*>)$", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"^(\w+)=\s*$")
_TELLING = re.compile(r"pass|secret|token|key|credential|salt|auth", re.IGNORECASE)
_MACHINE = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+(:\d+)?")
_LOGIN = re.compile(r"://[^/@\s]*:([^/@\s]+)@")
_LEAST, _LEAST_TELLING = 8, 4  # shorter ones stand in ordinary words: `true`, `info`, `8080`


def fill(example: str) -> str:
    """Return the text of an env file: `example` with a new secret below each `# generate`."""
    lines = example.splitlines()
    for number, line in enumerate(lines[1:], 1):
        empty = _ASSIGNMENT.match(line)
        if empty and lines[number - 1].strip() == GENERATE:
            lines[number] = f"{empty[1]}={secrets.token_hex(_BITS // 8)}"
    return "\n".join(lines) + "\n"


def example_of(path: Path) -> Path:
    """Return the file that an env file is made from."""
    return path.parent / ".env.example"


def create(path: Path) -> None:
    """Write `path` (mode 0600) from the .env.example beside it. Raises `SettingsError`."""
    example = example_of(path)
    if path.exists():
        raise SettingsError(str(path), "it is there already", "edit it, or remove it first")
    if not example.is_file():
        raise SettingsError(
            str(example), "there is no such file", "write it, or write the env file"
        )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(fill(example.read_text(encoding="utf-8")))


def values_of(path: Path) -> dict[str, str | None]:
    """Return what an env file holds, as Compose reads it; nothing where it cannot be read."""
    try:
        return dotenv_values(path)
    except (OSError, UnicodeDecodeError):
        return {}


def check(path: Path) -> None:
    """Refuse an env file with placeholders, or with secrets that were never filled in."""
    if not path.is_file():
        raise SettingsError(
            str(path), "there is no such env file", "write it, or run `inv env.init`"
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"it cannot be read: {error}", "mend it") from None
    for number, line in enumerate(lines, 1):
        empty = _ASSIGNMENT.match(line)
        if empty and number > 1 and lines[number - 2].strip() == GENERATE:
            raise SettingsError(f"{path}:{number}", f"{empty[1]} has no value", "fill it in")
    for name, value in dotenv_values(path, interpolate=False).items():
        if value and _PLACEHOLDER.match(value):
            starts = [line.partition("=")[0].split()[-1:] for line in lines]
            number = starts.index([name]) + 1 if [name] in starts else 1
            raise SettingsError(f"{path}:{number}", f"{name} is still a placeholder", "fill it in")


def secrets_of(path: Path) -> tuple[Secret, ...]:
    """Return what an env file holds that must not be shown: as it is written, and as it is meant.

    A value that is no secret is hidden with the others where it is long: rather that than a leak.
    The name of a machine stays, or nobody would know which registry does not answer.
    """
    try:
        found = [dotenv_values(path, interpolate=meant) for meant in (False, True)]
    except (OSError, UnicodeDecodeError):
        return ()
    hidden = set()
    for name, value in (pair for values in found for pair in values.items()):
        telling = bool(_TELLING.search(name))
        if not value or (_MACHINE.fullmatch(value) and not telling):
            continue
        if len(value) >= (_LEAST_TELLING if telling else _LEAST):
            hidden.add(value)
        hidden.update(word for word in _LOGIN.findall(value) if len(word) >= _LEAST_TELLING)
    return tuple(Secret(value) for value in sorted(hidden))
