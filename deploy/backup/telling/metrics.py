"""A textfile for Prometheus, as node_exporter collects it: made anew at each backup."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.backup.catalog import Standing
from deploy.errors import NotTold
from deploy.host import Command, Host, Script

MODE = 0o644  # node_exporter reads it as another user
_PREFIX = "slipway_backup_"
_REMEDY = "make its folder, writable for this user, or change `metrics` in [backup]"
_WRITE = Script("deploy.backup.telling", "textfile.sh")
_HELP = {
    "newest_proven_timestamp_seconds": "When the newest proven snapshot was begun.",
    "newest_proven_level": "Level to which the newest proven snapshot was proven.",
    "stored_bytes": "Bytes that the newest proven snapshot takes in the store.",
    "duration_seconds": "How long the newest proven snapshot took.",
    "snapshots": "Snapshots in the store.",
    "last_run_success": "Whether the last backup succeeded.",
    "last_run_timestamp_seconds": "When the last backup ended.",
}


@dataclass(frozen=True)
class Run:
    """How the last backup of an environment ended; `ended` is seconds since 1970."""

    app: str
    environment: str
    ended: float
    ok: bool


def render(run: Run, standing: Standing | None, before: str = "") -> str:
    """Return the textfile. Pure.

    Where nobody knows how it stands, as after a failure, what `before` says of that is kept.
    """
    labels = f'app="{_escaped(run.app)}",environment="{_escaped(run.environment)}"'
    samples = {name: dict(found) for name, found in _samples(run, standing)}
    lines: list[str] = []
    for name, text in _HELP.items():
        full = _PREFIX + name
        found = [
            f"{full}{{{labels}{more}}} {value}" for more, value in samples.get(name, {}).items()
        ]
        if standing is None and not found:
            found = [line for line in before.splitlines() if line.startswith(f"{full}{{{labels}")]
        if found:
            lines += [f"# HELP {full} {text}", f"# TYPE {full} gauge", *found]
    return "".join(f"{line}\n" for line in lines)


def _samples(run: Run, standing: Standing | None) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield the values of each metric, by what is added to its labels."""
    yield "last_run_success", {"": int(run.ok)}
    yield "last_run_timestamp_seconds", {"": run.ended}
    if standing is None:
        return
    counts = {',proven="true"': standing.proven, ',proven="false"': standing.unproven}
    yield "snapshots", counts
    newest = standing.newest
    if newest and newest.best:
        yield "newest_proven_timestamp_seconds", {"": newest.snapshot.begun}
        yield "newest_proven_level", {"": newest.best.level}
        yield "stored_bytes", {"": newest.snapshot.stored}
        yield "duration_seconds", {"": newest.snapshot.ended - newest.snapshot.begun}


def read(file: Path) -> str:
    """Return what a textfile says; nothing where there is none that can be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def write(file: Path, text: str) -> None:
    """Put `text` in place of the file, whole or not at all. Raises `NotTold`."""
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise _unwritten(file, error) from None
    made = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(text)
        made.chmod(MODE)
        made.replace(file)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise _unwritten(file, error) from None


@dataclass(frozen=True)
class Elsewhere:
    """The textfile of a server, where its own node_exporter reads it."""

    host: Host
    file: Path

    def read(self) -> str:
        """Return what it says; nothing where there is none."""
        result = self.host.run(Command(("cat", str(self.file)), name="cat"))
        return result.text if result.ok else ""

    def write(self, text: str) -> None:
        """Put `text` in place of it, whole or not at all; its folder is made. Raises `NotTold`."""
        command = _WRITE.command(str(self.file), f"{MODE:o}", stdin=text.encode())
        result = self.host.run(command)
        if not result.ok:
            why = (result.error_text.splitlines() or [f"exit code {result.exit_code}"])[-1]
            raise NotTold(f"{self.host.name}:{self.file}", f"it cannot be written: {why}", _REMEDY)


def _unwritten(file: Path, error: OSError) -> NotTold:
    return NotTold(str(file), f"it cannot be written: {error.strerror}", _REMEDY)


def _escaped(value: str) -> str:
    """Return the value of a label as the text format wants it."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
