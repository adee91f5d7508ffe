"""The lock of an environment: taken atomically on the server, kept by a heartbeat.

The lock is held by a small script on the server whose standard input is our connection. It sees at
once when this process dies, and marks the lock as abandoned; where the network swallows even that,
the heartbeat grows old. Either way the next run takes the lock over and writes that down.
"""

import contextlib
import json
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from deploy.errors import (
    Changed,
    EngineError,
    HostError,
    LockHeld,
    SlipwayError,
    Unreachable,
)
from deploy.host import Host, Process, Run, Script, check
from deploy.host.base import first_line, may_not_write
from deploy.host.heartbeat import Heartbeat

_LOCK = Script("deploy.rollout", "lock.sh")
_UNLOCK = Script("deploy.rollout", "unlock.sh")
HEARTBEAT = 5.0  # seconds between heartbeats
EXPIRY = 30  # seconds without one until the lock is stale
_CLAIM_TIMEOUT = 180.0  # seconds for taking it, and for unpacking the release when it is sent
_NO_RIGHT, _BUSY, _HELD, _CHANGED, _NO_ROOM = 23, 75, 77, 78, 79


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, and why. `since` is the server's clock."""

    run: str
    owner: str
    reason: str
    since: float

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(vars(self))


class Lock:
    """A held lock: a context that gives it back."""

    def __init__(self, host: Host, run: Run, process: Process) -> None:
        self._host, self._run, self._process = host, run, process
        self._beating = Heartbeat(process, HEARTBEAT)

    @classmethod
    def claim(cls, host: Host, root: str, holder: Holder, stamp: str, payload: bytes) -> "Lock":
        """Take the lock of `root` and put the files of `payload`, a tar archive, in their place.

        `stamp` is the one that was observed. Raises `LockHeld`, `Changed`, `EngineError`.
        """
        command = _LOCK.command(
            root, holder.run, holder.to_json(), stamp, str(EXPIRY), str(len(payload))
        )
        process = host.start(command)
        with contextlib.suppress(OSError):  # then the script has ended, and says why
            process.stdin.write(payload)
            process.stdin.flush()
        answer = first_line(process, _CLAIM_TIMEOUT)
        if answer != "claimed":
            raise _refusal(host, root, process)
        return cls(host, Run(root, holder.run), process)

    @property
    def run(self) -> Run:
        """The run that holds it."""
        return self._run

    def release(self) -> None:
        """Give it back; harmless where record.sh did so already."""
        self._beating.stop()
        with contextlib.suppress(OSError, ValueError, HostError):
            self._process.stdin.write(b"release\n")
            self._process.stdin.flush()
            self._process.stdin.close()
            self._process.wait(5)
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def unlock(host: Host, root: str, run: str) -> None:
    """Free the lock that `run` holds. Raises `LockHeld` where another run holds it by now."""
    command = _UNLOCK.command(root, run)
    result = host.run(command)
    if result.exit_code == _HELD:
        raise LockHeld(host.name, "another run holds the lock by now", "look at `inv status`")
    check(host.name, command, result)


def _refusal(host: Host, root: str, process: Process) -> SlipwayError:
    code = process.wait(10)
    text = process.stderr.read(64 * 1024).decode(errors="replace").strip()
    process.kill()
    if code is None:
        return Unreachable(host.name, "taking the lock took too long", "look at its load and disk")
    if code == _HELD:
        # A login shell may have had its say first: the script's own two lines are the last ones.
        age, holder = (["0", "{}", *text.splitlines()])[-2:]
        return held(host.name, json.loads(holder), float(age))
    if code == _CHANGED:
        return Changed(host.name, "another run changed something meanwhile", "run it again")
    if code == _NO_RIGHT:
        return may_not_write(host.name, text, root)
    if code == _BUSY:
        return EngineError(host.name, text, "wait for that step, then run the command again")
    if code == _NO_ROOM:
        return EngineError(host.name, f"{root} cannot be written to: {text}", "free some space")
    return EngineError(host.name, f"the lock cannot be taken (exit code {code}): {text}")


def held(place: str, holder: dict[str, object], age: float) -> LockHeld:
    """Return the error that says who holds the lock."""
    since = time.strftime("%H:%M:%S UTC", time.gmtime(float(str(holder.get("since", 0)))))
    return LockHeld(
        place,
        f"{holder.get('owner', 'somebody')} is at work here: {holder.get('reason', 'a run')},"
        f" since {since}, last heartbeat {age:.0f} s ago",
        "wait until it has ended; if that process is surely dead, the lock frees itself after"
        f" {EXPIRY} s, or at once with `inv server.unlock`",
    )
