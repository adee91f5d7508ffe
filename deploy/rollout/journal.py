"""What the journal on the server tells about earlier runs. Pure.

Each line of journal.jsonl is one event: `note` lines frame a run, `step` lines are its steps, with
seconds and exit code, written by the step itself on the server.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interrupted:
    """A run that began and never came to its end."""

    run: str
    owner: str
    reason: str
    at: float
    last_step: str

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.at))
        where = f"after `{self.last_step}`" if self.last_step else "before its first step"
        return f"{self.reason} by {self.owner} stopped {where} ({when})"


def interrupted_run(journal: Sequence[Mapping[str, Any]]) -> Interrupted | None:
    """Return the last run, if it was cut off: without a `record` step that ended well."""
    begins = [number for number, entry in enumerate(journal) if entry.get("note") == "begin"]
    if not begins:
        return None
    begin = journal[begins[-1]]
    steps = [entry for entry in journal[begins[-1] :] if entry.get("run") == begin.get("run")]
    done = [entry for entry in steps if "step" in entry]
    if any(entry["step"] in {"record", "undone"} and entry.get("exit") == 0 for entry in done):
        return None
    holder = begin.get("holder", {})
    return Interrupted(
        str(begin.get("run", "")),
        str(holder.get("owner", "somebody")),
        str(holder.get("reason", "a run")),
        float(begin.get("at", 0)),
        str(done[-1]["step"]) if done else "",
    )
