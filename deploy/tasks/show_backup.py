"""How snapshots look: on a terminal, in a pipe, and as JSON."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from deploy.backup.catalog import (
    DRILLED,
    HEALTHY,
    MANIFEST,
    STORED,
    STRUCTURE,
    Entry,
    Listing,
    Proof,
    Standing,
)
from deploy.backup.prune import Pruning
from deploy.backup.snapshot import Kind, Snapshot
from deploy.backup.sources.base import RELEASE
from deploy.backup.sources.files import WHOLE
from deploy.backup.stores.base import Kept
from deploy.backup.telling.freshness import age
from deploy.backup.window import BASE, pitr_sources, reached, shipments, windows

_LEVELS = {
    STORED: "stored bytes match",
    STRUCTURE: "reads to the end",
    DRILLED: "restored and compared",
    HEALTHY: "restored, and the app is well on it",
}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


class Telling:
    """Tells how a backup goes: lines, and on a terminal the bytes of what is under way."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._status = out.status("") if out.is_terminal else None

    def say(self, line: str) -> None:
        """Print a line."""
        if self._status:
            self._status.stop()
        self._out.print(line, markup=False)

    def progress(self, name: str, plain: int, stored: int) -> None:
        """Show how far an archive has come."""
        if self._status:
            self._status.update(f"{name}: {size(plain)} read, {size(stored)} stored")
            self._status.start()


def show_listing(listing: Listing, *, now: float, as_json: bool) -> None:
    """Print the snapshots, newest first; on standard error those that are damaged."""
    for damaged in listing.damaged:
        print(f"{damaged.id}: damaged: {damaged.why}", file=sys.stderr)
    if as_json:
        print(json.dumps([_record(entry) for entry in listing.entries]))
        return
    out = Console(highlight=False, soft_wrap=True)
    if not listing.entries:
        out.print("no snapshots yet: take one with `inv backup`")
    else:
        table = Table("snapshot", "age", "kind", "size", "proof", "holds", box=None, pad_edge=False)
        for entry in listing.entries:
            table.add_row(*_row(entry, now))
        out.print(table)
        for line in _reach(listing):
            out.print(line)


def show_pruning(pruning: Pruning, kept: Sequence[Kept], *, applied: bool, as_json: bool) -> None:
    """Print what becomes of each snapshot, and why; then what is done, or was."""
    if as_json:
        print(json.dumps([dataclasses.asdict(decision) for decision in pruning.decisions]))
        return
    for decision in pruning.decisions:
        verb = "keep" if decision.keep else "remove"
        print(f"{verb:6} {decision.id}  {'; '.join(decision.reasons)}")
    for key in pruning.strays:
        print(f"remove {key}  its backup never ended")
    for upload in pruning.uploads:
        print(f"remove {upload.key}  an upload that never ended")
    for one in kept:
        print(f"locked {one.key}  until {one.until or 'somebody unlocks it'}")
    stay = sum(one.key.endswith(f"/{MANIFEST}") for one in kept)
    what = f"{len(pruning.removals) - stay} of {len(pruning.decisions)} snapshots"
    print(f"{what} removed" if applied else f"{what} would be removed: add --apply")


def standing_line(standing: Standing, now: float) -> str:
    """Return the newest proven snapshot, its age and its level, in words."""
    newest = standing.newest
    if newest is None or newest.best is None:
        return "none proven"
    old = age(now - newest.snapshot.begun)
    return f"{newest.snapshot.id}, {old} old, proven to level {newest.best.level}"


def standing_record(standing: Standing, now: float) -> dict[str, object]:
    """Return the same for machines: `id` (null for none), `age` in seconds, `level`."""
    newest = standing.newest
    if newest is None or newest.best is None:
        return {"id": None, "age": None, "level": 0}
    age_now = round(now - newest.snapshot.begun)
    return {"id": newest.snapshot.id, "age": age_now, "level": newest.best.level}


def taken_line(snapshot: Snapshot, proof: Proof, wanted: Kind) -> str:
    """Return what was taken, in a line; and that it is a full one where another was `wanted`."""
    kind = f"{snapshot.kind} snapshot {snapshot.id}"
    if snapshot.parent:
        kind += f" on {snapshot.parent}"
    elif wanted != Kind.FULL and _could_build(snapshot):
        kind += f" ({wanted} was wanted, and there is nothing to build on)"
    return f"{kind}, {snapshot.stored} bytes, proven to level {proof.level}"


def _could_build(snapshot: Snapshot) -> bool:
    """Whether it has what a snapshot of changes would not have whole."""
    whole = (WHOLE, BASE)
    sources = {archive.source for archive in snapshot.archives if archive.form in whole}
    return bool(sources - {RELEASE})


def taken_record(snapshot: Snapshot, proof: Proof) -> dict[str, object]:
    """Return the same for machines."""
    return {
        "id": snapshot.id,
        "kind": snapshot.kind,
        "parent": snapshot.parent,
        "stored": snapshot.stored,
        "level": proof.level,
    }


def _row(entry: Entry, now: float) -> tuple[str, ...]:
    snapshot, best = entry.snapshot, entry.best
    proof = f"{_LEVELS[best.level]}, {age(now - best.at)} ago" if best else "unproven"
    sources = dict.fromkeys(archive.source for archive in snapshot.archives)
    return (
        snapshot.id,
        age(now - snapshot.begun),
        snapshot.kind,
        size(snapshot.stored),
        proof,
        ", ".join(sources),
    )


def _reach(listing: Listing) -> Iterator[str]:
    """Yield what each database can be brought to."""
    proven = [entry.snapshot for entry in listing.entries if entry.proven]
    for source in pitr_sources(proven):
        for window in windows(shipments(proven, source)):
            yield f"{source} can be brought to any moment from {window}"


def _record(entry: Entry) -> dict[str, object]:
    snapshot, best = entry.snapshot, entry.best
    return {
        "id": snapshot.id,
        "kind": snapshot.kind,
        "begun": snapshot.begun,
        "seconds": snapshot.ended - snapshot.begun,
        "stored": snapshot.stored,
        "parent": snapshot.parent,
        "release": snapshot.release.get("id", ""),
        "level": best.level if best else 0,
        "proven_at": best.at if best else None,
        "to": min(reached(snapshot), default=None),
        "archives": [archive.name for archive in snapshot.archives],
    }


def size(number: float) -> str:
    """Return a number of bytes in the unit that keeps it short.

    >>> size(5 * 1024 * 1024)
    '5.0 MiB'
    """
    for unit in _UNITS[:-1]:
        if number < _STEP:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= _STEP
    return f"{number:.1f} {_UNITS[-1]}"
