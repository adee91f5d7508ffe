"""Puts data of a snapshot back: into new volumes and folders, proven there, then swapped in.

What served before stays in the new volumes' place until the next restore, so that undoing is the
same swap once more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.backup.create import Yard, chosen, deployed
from deploy.backup.fill import Filled, Filling, planned
from deploy.backup.snapshot import Opened
from deploy.backup.sources.base import Source
from deploy.backup.sources.find import Document, find_sources, whole_data_of
from deploy.backup.transfer import Pump
from deploy.backup.window import Moment
from deploy.errors import EngineError, SettingsError, SlipwayError
from deploy.host import Run, Script, Step, check, run_step, step_script

_SWAP = step_script("deploy.backup", "swap.sh")
_ASIDE = Script("deploy.backup", "aside.sh")
SUFFIX = "restore"  # of the volume that holds what a restore has put aside
_READY = 180  # seconds that what was stopped may take to be well again


@dataclass(frozen=True)
class Restore:
    """Volumes that are filled and proven, ready to be swapped with those that serve."""

    yard: Yard
    image: str
    filled: tuple[Filled, ...]

    def swap(self, run: Run) -> None:
        """Swap them, under the lock. Raises `EngineError`, `LockLost`, `HostError`."""
        host = self.yard.host
        step = Step(
            _SWAP,
            "swap volumes",
            (
                self.image,
                str(_READY),
                *(place for one in self.filled for place in (one.volume, one.fresh)),
            ),
            {35: self._unmovable, 48: self._elsewhere, 49: self._unwell},
            timeout=_READY + 300,
        )
        run_step(host, run, step)

    def _unmovable(self, evidence: str) -> SlipwayError:
        return EngineError(
            self.yard.host.name,
            "old and new data cannot change places",
            "see that each is on one file system, which is no overlay of another",
            detail=evidence,
        )

    def _elsewhere(self, place: str) -> SlipwayError:
        host = self.yard.host.name
        if place.startswith("/"):
            wrong = f"folder {place} is a file system of its own, so it cannot be swapped"
            return EngineError(host, wrong, "let the app write to a folder below it")
        wrong = f"volume {place} is not kept by Docker itself, so it cannot be swapped"
        return EngineError(host, wrong, "restore into a named volume of the local driver")

    def _unwell(self, evidence: str) -> SlipwayError:
        return EngineError(
            self.yard.host.name,
            "what uses the data is not well on it, so the data of before serves again",
            "its log is above",
            detail=evidence,
        )


@contextmanager
def restoring(yard: Yard, opened: Opened | Moment, only: Sequence[str]) -> Iterator[Restore]:
    """Fill new volumes from a snapshot and prove them; what serves is not touched.

    To a moment, only what can be brought there is put back.
    Raises `DamagedSnapshot`, `SourceFailed`, `EngineError`, `LockHeld`.
    """
    with _held(yard) as (document, pump):
        wanted = [one for one in _wanted(document, opened, only) if one.is_data]
        filled = Filling(yard, pump, opened, document, SUFFIX, note="aside").fill(wanted)
        yield Restore(yard, pump.image, filled)


def _wanted(document: Document, opened: Opened | Moment, only: Sequence[str]) -> Sequence[Source]:
    if isinstance(opened, Moment):
        return chosen(find_sources(document), tuple(opened.ways))
    if not only:
        return whole_data_of(document, opened.snapshot)
    found = chosen(find_sources(document), only)
    if not any(one.is_data for one in found):
        raise SettingsError(
            "--only", f"{', '.join(only)} is no data", "`inv rollback` brings a release back"
        )
    return found


@contextmanager
def undoing(yard: Yard) -> Iterator[Restore]:
    """Find what the last restore has put aside. Raises `SlipwayError` where there is nothing."""
    with _held(yard) as (document, pump):
        data = (source for source in find_sources(document) if source.is_data)
        places = tuple(planned(document, source, SUFFIX) for source in data)
        aside = _aside(yard, pump)
        found = tuple(one for one in places if one.fresh in aside)
        if not found:
            raise SlipwayError(
                "restore.undo", "no restore has put anything aside here", "see `inv backup.list`"
            )
        yield Restore(yard, pump.image, found)


def _aside(yard: Yard, pump: Pump) -> frozenset[str]:
    """Return the volumes and folders to swap: where any has been, those; else all, once more.

    So it is undone as a whole, whatever a machine that went down in the middle has left.
    """
    command = _ASIDE.command(pump.image, f"{yard.root}/backup/aside", timeout=120)
    said = check(yard.host.name, command, yard.host.run(command)).text.splitlines()
    there = [line.partition(" ")[::2] for line in said]
    restored = frozenset(place for state, place in there if state == "restored")
    return restored or frozenset(place for _, place in there)


@contextmanager
def _held(yard: Yard) -> Iterator[tuple[Document, Pump]]:
    """Hold the snapshots; yield the Compose file of what is deployed, and the pump."""
    seen = yard.engine.observe()
    document = yard.document(deployed(seen))
    with yard.held(seen.now):
        yield document, Pump.ready(yard.host, yard.root)
