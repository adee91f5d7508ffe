"""A step: a script that changes something on a machine, under the environment's lock.

See step.sh, which stands in front of each of them: one step at a time, written in the journal.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.errors import EngineError, LockLost, SlipwayError
from deploy.host.base import Host, check
from deploy.host.command import Command, Result, Script

BUSY, LOST, ALIVE = 75, 76, "."
FULL = "No space left on device"  # in the words of every program
FREE_SPACE = "free space there, for instance with `docker image prune`,"

Errors = Mapping[int, Callable[[str], SlipwayError]]


@dataclass(frozen=True)
class Run:
    """One run that holds the lock: the environment's folder on the server, and the run's id."""

    root: str
    id: str
    _turns: Iterator[int] = field(
        default_factory=lambda: itertools.count(1), repr=False, compare=False
    )

    def next_turn(self) -> str:
        """Return what a step shows to be let in: the run, and that it was sent after all before."""
        return f"{self.id}:{next(self._turns)}"


@dataclass(frozen=True)
class Step:
    """One step, ready to be run.

    `errors` maps the script's exit codes to errors; each is given what stood on standard error.
    """

    script: Script
    title: str
    arguments: tuple[str, ...]
    errors: Errors
    stdin: bytes = b""
    timeout: float = 60.0

    def command(self, run: Run) -> Command:
        """Return the command for the next turn of `run`."""
        return self.script.command(
            run.root,
            run.next_turn(),
            json.dumps(self.title),
            *self.arguments,
            stdin=self.stdin,
            timeout=self.timeout,
        )


def step_script(package: str, file: str, *between: str) -> Script:
    """Return the script `file` of `package` with step.sh, and files of `between`, in front."""
    preludes = (("deploy.host", "step.sh"), *((package, name) for name in between))
    return Script(package, file, preludes)


def run_step(
    host: Host, run: Run, step: Step, watch: Callable[[str], None] | None = None
) -> Result:
    """Run `step` on `host`. Raises its errors, `LockLost`, and `HostError`."""
    command = step.command(run)
    result = host.run(command, watch=_without_signs_of_life(watch))
    if result.ok:
        return result
    detail = result.error_text
    if result.exit_code == BUSY:
        raise EngineError(
            host.name,
            f"an earlier step does not end: {detail}",
            "wait for it, then run the same command again",
        )
    if result.exit_code == LOST:
        raise LockLost(
            host.name,
            f"the lock is no longer ours; it is held by {detail or 'nobody'}",
            "look at `inv status`, then run the same command again",
        )
    if result.exit_code in step.errors:
        raise step.errors[result.exit_code](detail)
    if FULL in detail:
        raise EngineError(
            host.name,
            f"its disk is full: `{step.title}` could not write",
            f"{FREE_SPACE} and run it again",
            detail=detail,
        )
    return check(host.name, command, result)


def _without_signs_of_life(watch: Callable[[str], None] | None) -> Callable[[str], None] | None:
    """Scripts that wait print a dot now and then, to learn whether anybody still listens."""
    if watch is None:
        return None
    return lambda line: None if line == ALIVE else watch(line)
