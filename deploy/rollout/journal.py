"""What the journal on the server tells about earlier runs. Pure.

Each line of journal.jsonl is one event: `note` lines frame a run, `step` lines are its steps, with
seconds and exit code, written by the step itself on the server.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Ending(Enum):
    """How a run ended."""

    RECORDED = "recorded"
    UNDONE = "undone"  # it failed, and what it had begun was taken back
    PAUSED = "paused"  # it failed, and `failure_action: pause` left it as it was
    CUT_OFF = "cut off"  # it never came to its end


_UNDOING = "catch up"  # the step that undoing begins with
_CLOSING = {"record": Ending.RECORDED, "undone": Ending.UNDONE, "paused": Ending.PAUSED}


@dataclass(frozen=True)
class LastRun:
    """The run that the journal tells of last. `last_step` is the last one of its work."""

    run: str
    owner: str
    reason: str
    at: float
    last_step: str
    ending: Ending
    failed: bool = False

    def __str__(self) -> str:
        verb = "failed at" if self.failed else "stopped after"
        where = f"{verb} `{self.last_step}`" if self.last_step else "stopped before its first step"
        return f"{self.reason} by {self.owner} {where} ({clock(self.at)})"


def clock(moment: float) -> str:
    """Return a moment, in seconds since 1970, as people read it."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


def last_run(journal: Sequence[Mapping[str, Any]]) -> LastRun | None:
    """Return the last run that began, and how it ended."""
    begins = [number for number, entry in enumerate(journal) if entry.get("note") == "begin"]
    if not begins:
        return None
    begin = journal[begins[-1]]
    mine = [entry for entry in journal[begins[-1] :] if entry.get("run") == begin.get("run")]
    steps = [entry for entry in mine if "step" in entry]
    closing = [entry for entry in steps if entry["step"] in _CLOSING and entry.get("exit") == 0]
    work = _work(steps, closing)
    holder = begin.get("holder", {})
    return LastRun(
        str(begin.get("run", "")),
        str(holder.get("owner", "somebody")),
        str(holder.get("reason", "a run")),
        float(begin.get("at", 0)),
        str(work.get("step", "")),
        _CLOSING[closing[-1]["step"]] if closing else Ending.CUT_OFF,
        failed=work.get("exit", 0) != 0,
    )


def interrupted_run(journal: Sequence[Mapping[str, Any]]) -> LastRun | None:
    """Return the last run, if it never came to a good end or a taking back."""
    run = last_run(journal)
    return run if run and run.ending in {Ending.CUT_OFF, Ending.PAUSED} else None


def _work(
    steps: Sequence[Mapping[str, Any]], closing: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Return the step that says how far it came: the failed one, else the last before undoing."""
    work = [entry for entry in steps if entry not in closing]
    titles = [entry["step"] for entry in work]
    if _UNDOING in titles:
        work = work[: titles.index(_UNDOING)]
    failed = [entry for entry in work if entry.get("exit", 0) != 0]
    return (failed[:1] or work[-1:] or [{}])[0]
