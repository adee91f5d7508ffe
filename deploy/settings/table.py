"""A table of deploy.toml that knows where it stands, so that its errors do too."""

import difflib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from deploy.errors import SettingsError

_Value = TypeVar("_Value")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Table:
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
        """Return the keys that are there."""
        return tuple(self._values)

    def table(self, key: str) -> "Table":
        """Return the table at `key`; an empty one where there is none."""
        self._asked.add(key)
        return Table(self._path, self._text, self._values.get(key, {}), (*self._keys, key))

    def string(self, key: str, default: str) -> str:
        """Return a string."""
        return self._get(key, default, str, "a string")

    def required(self, key: str) -> str:
        """Return a string that must be there."""
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
        """Return a name."""
        value = self.string(key, default)
        if not _NAME.fullmatch(value):
            raise self.error(key, f"{value!r} is no name", "use a-z, 0-9 and dashes")
        return value

    def count(self, key: str) -> int:
        """Return a whole number, 0 or more; without one, 0."""
        value = self._get(key, 0, int, "a whole number")
        if value < 0:
            raise self.error(key, f"{value} is too small", "write 0 or more")
        return value

    def choice(self, key: str, *known: str) -> str:
        """Return one of `known`; without one, the first."""
        value = self.string(key, known[0])
        if value not in known:
            raise self.error(key, f"{value!r} is unknown", f"choose one of: {', '.join(known)}")
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return self._get(key, default, bool, "true or false")

    def positive(self, key: str, default: int) -> int:
        """Return a whole number, 1 or more."""
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
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        length = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if length < least:
            raise self.error(key, f"{value!r} is too short", f'write "{least}s" or more')
        return float(length)

    def strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of strings that are not empty."""
        value = self._get(key, list(default), list, 'a list of strings, such as ["a", "b"]')
        if not all(isinstance(item, str) and item for item in value):
            raise self.error(key, "it holds something that is not a string", 'write ["a", "b"]')
        return tuple(value)

    def close(self) -> None:
        """Refuse the keys nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                known = f"known here: {', '.join(sorted(self._asked))}"
                raise self.error(key, "the key is unknown", nearest(key, self._asked) or known)

    def _get(self, key: str, default: _Value, kind: type[_Value], words: str) -> _Value:
        self._asked.add(key)
        value = self._values.get(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"{words} is wanted, not {_kind(value)}", "mend the value")
        return value


def _kind(value: object) -> str:
    kinds = {str: "a string", bool: "a boolean", int: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), type(value).__name__)


def nearest(name: str, known: Mapping[str, object] | set[str]) -> str:
    """Return the question whether the most similar of `known` was meant, or nothing."""
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
