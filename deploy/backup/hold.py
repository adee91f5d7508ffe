"""One run at a time works on the snapshots of an environment; deploys are not held up by it."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.errors import EngineError, HostError, LockHeld, SlipwayError
from deploy.host import Host, Process, Script
from deploy.host.base import first_line, may_not_write
from deploy.host.heartbeat import Heartbeat

_HOLD = Script("deploy.backup", "hold.sh", (("deploy.backup", "still.sh"),))
HEARTBEAT = 15.0  # seconds between signs of life; without one for 120 the hold ends
_PATIENCE = 30.0  # seconds until it answers
_NO_RIGHT, _HELD = 23, 77


@contextlib.contextmanager
def held(host: Host, root: str, who: Mapping[str, Any], stand_ins: str) -> Iterator[None]:
    """Hold the snapshots of `root` for the length of a `with`; `who` has `owner` and `since`.

    `stand_ins` is the Compose project of those that a run which died may have left.

    Raises `LockHeld`, `EngineError`, `HostError`.
    """
    process = host.start(_HOLD.command(root, json.dumps(who), stand_ins))
    beating = Heartbeat(process, HEARTBEAT)
    try:
        if first_line(process, _PATIENCE) != "held":
            raise _refusal(host, root, process)
        yield
    finally:
        beating.stop()
        with contextlib.suppress(OSError, ValueError, HostError):  # what was to be held is done
            process.stdin.close()
            process.wait(5)
        process.kill()


def _refusal(host: Host, root: str, process: Process) -> SlipwayError:
    code = process.wait(10)
    said = process.stderr.read(4096).decode(errors="replace").strip()
    if code == _HELD:
        who = json.loads(said or "{}")
        since = time.strftime("%H:%M:%S UTC", time.gmtime(float(who.get("since", 0))))
        return LockHeld(
            host.name,
            f"{who.get('owner', 'somebody')} works on the snapshots here since {since}",
            "wait until that run has ended; if it is dead, this frees itself within 2 minutes",
        )
    if code == _NO_RIGHT:
        return may_not_write(host.name, said, root)
    return EngineError(host.name, f"the snapshots cannot be held (exit code {code}): {said}")
