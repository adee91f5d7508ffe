"""Carries a plan out under the lock, and puts back what was there where a step fails."""

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from deploy.engine.base import Engine, Observation, Service
from deploy.errors import (
    AccessDenied,
    Changed,
    CommandTimedOut,
    Interrupted,
    LockLost,
    NeedsPerson,
    RolledBack,
    SlipwayError,
    Unreachable,
)
from deploy.host import Host, Run, owner, run_step, step_script
from deploy.host import Step as HostStep
from deploy.proxy.nginx import Answer, Nginx
from deploy.rollout.lock import Holder, Lock
from deploy.rollout.plan import Plan, plan_rollout
from deploy.rollout.release import Release, current_release, releases_of
from deploy.rollout.report import Report, Timings, look_again, timed
from deploy.rollout.signals import Signals
from deploy.rollout.site import Site, front
from deploy.rollout.steps import Step, remains

_RECORD = step_script("deploy.rollout", "record.sh")
_Answer = TypeVar("_Answer")

_CATCH_UP = step_script("deploy.rollout", "catch_up.sh")
_RECORD_TIMEOUT = 120.0  # seconds for writing down, pruning, and for an earlier step to end
_ATTEMPTS = 3  # how often an undoing looks again where what it saw has changed
_RECONNECT = 45.0  # seconds to wait for a connection that broke in the middle of a run
_CUT_OFF = (Unreachable, CommandTimedOut, KeyboardInterrupt)  # the step may go on, or have ended
NO_RELEASE, KEEP = "-", "keep"


@dataclass(frozen=True)
class Target:
    """One environment of an app on one host."""

    host: Host
    engine: Engine
    proxy: Nginx
    root: str
    keep: int
    drain: float


def ask(target: Target, seen: Observation, release: Release | None) -> Answer:
    """Ask for the URL of the environment through the nginx of `release`. Raises `ProxyError`."""
    services = release.services if release else {}
    return target.proxy.ask(target.root, front(services, seen.replicas))


def ask_anyway(target: Target, seen: Observation, release: Release) -> Answer | None:
    """Ask as `ask` does; what stands against it is the answer. None where no URL is configured."""
    if not target.proxy.url:
        return None
    try:
        return ask(target, seen, release)
    except SlipwayError as error:
        return Answer(target.proxy.url, f"000 {error}", ok=False)


def holder_of(reason: str, now: float) -> Holder:
    """Return who this process is, and a new run id."""
    return Holder(secrets.token_hex(6), owner(), reason, now)


@dataclass
class Rollout:
    """One run: `wanted` replaces what `seen` shows, by `plan`, told to `report`.

    `snapshot` is the id of the one that was taken on the way, if any.
    """

    target: Target
    wanted: Release
    seen: Observation
    plan: Plan
    report: Report
    reason: str = "deploy"
    timings: Timings = dataclasses.field(default_factory=list)
    snapshot: str = ""

    def carry_out(self, payload: bytes) -> Release:
        """Take the lock, place `payload`, run the steps, record the release.

        Raises `RolledBack` where a step failed and what was there serves again, `NeedsPerson` where
        that could not be reached, and any `SlipwayError` where nothing had been changed yet.
        """
        holder = holder_of(self.reason, self.seen.now)
        with Signals() as signals:
            with timed(self.report, self.timings, "lock"):
                lock = Lock.claim(
                    self.target.host, self.target.root, holder, self.seen.stamp, payload
                )
            with lock:
                return self._work(lock.run, signals)

    def _work(self, run: Run, signals: Signals) -> Release:
        """Do the steps and record the release, or undo them."""
        site = self._site(run, self.wanted.id, self.wanted.services, self.seen)
        recorded = self.wanted
        done: list[Step] = []
        try:
            signals.heed()
            for step in self.plan.steps:
                done.append(step)
                self._do(step, site)
                self.snapshot = site.backup
            recorded = dataclasses.replace(recorded, backup=site.backup or recorded.backup)
            self._record(run, recorded)
            signals.ignore()
        except (SlipwayError, KeyboardInterrupt) as error:
            signals.ignore()
            if isinstance(error, Unreachable):
                self._come_back(error, done, run)
            if not self._was_recorded(error, done, run):
                self._failed(error, done, run)
        return recorded

    def _come_back(self, cut: Unreachable, done: list[Step], run: Run) -> None:
        """Wait until the server is there again, and the step that was cut off has ended."""
        self.report.note(f"{cut.place}: {cut.wrong}; trying for {_RECONNECT:.0f} s to come back")
        try:
            self._catch_up(run)
        except LockLost as lost:
            if len(done) < len(self.plan.steps):
                for left in self._left(done, cut_off=True):
                    lost.add(left)
                raise
        except (Unreachable, AccessDenied):
            gone = NeedsPerson(
                cut.place,
                f"{cut.wrong}, and within {_RECONNECT:.0f} s it could not be reached again",
                "what was under way there ends by itself; once it can be reached, `inv status`"
                " says what serves, and `inv deploy` finishes or reverts this run",
            )
            for left in self._left(done, cut_off=True):
                gone.add(left)
            raise gone from None
        except SlipwayError:
            return  # the step does not end yet: whoever undoes or ends the run asks once more

    def _was_recorded(
        self, error: SlipwayError | KeyboardInterrupt, done: list[Step], run: Run
    ) -> bool:
        """Whether only the answer to the last step was lost: then the release serves."""
        if len(done) < len(self.plan.steps) or not isinstance(error, _CUT_OFF):
            return False
        try:
            with contextlib.suppress(LockLost):  # given back: that is what recording ends with
                self._catch_up(run)
            seen = self.target.engine.observe()
        except SlipwayError:
            return False
        freed = seen.lock is None or seen.lock.run != run.id
        return seen.current == self.wanted.id and freed

    def _failed(self, error: SlipwayError | KeyboardInterrupt, done: list[Step], run: Run) -> None:
        failure = error if isinstance(error, SlipwayError) else Interrupted()
        for left in self._left(done, cut_off=isinstance(error, _CUT_OFF)):
            failure.add(left)
        if isinstance(error, LockLost):
            raise error
        begun = not all(step.harmless for step in done)
        pauses = begun and self._failure_action(done) == "pause"
        if begun and not pauses:
            self._undo(failure, run)
        try:
            if pauses:
                self._finish(run, "paused", (KEEP,), b"")
            else:
                self._close(run)
        except SlipwayError as second:
            raise NeedsPerson(
                second.place,
                f"{failure.wrong}; then the run could not be ended: {second.wrong}",
                second.remedy,
                detail=failure.detail,
            ) from None
        if pauses:
            raise NeedsPerson(
                failure.place,
                f"{failure.wrong}; the rollout pauses, as failure_action says",
                f"look at `inv status`, then deploy again or `inv rollback` ({failure.remedy})",
                detail=failure.detail,
            ) from None
        raise failure from None

    def _failure_action(self, done: list[Step]) -> str:
        """Return what the services of the failed step want: the mildest that is asked for."""
        touched = done[-1].services if done else ()
        actions = {
            self.wanted.services[name].update.failure_action
            for name in touched
            if name in self.wanted.services
        }
        return "pause" if actions == {"pause"} else "rollback"

    def _left(self, done: list[Step], *, cut_off: bool) -> list[str]:
        """Return what no undoing takes back, and how the data from before it comes back."""
        left = remains(done, cut_off=cut_off)
        if self.snapshot and any(step.lasting for step in done):
            where = f"--env {self.wanted.environment} --point {self.snapshot}"
            left.append(f"`inv restore {where}` puts the data from before it back")
        return left

    def _undo(self, failure: SlipwayError, run: Run) -> None:
        """Look at what is there, and converge on what served before."""
        before = current_release(self.seen)
        self.report.note(f"{failure.place}: {failure.wrong}; putting back what served before")
        try:
            self._until_still(lambda: self._converge_on(before, run))
            self._close(run)
        except SlipwayError as second:
            detail = "\n".join(filter(None, (failure.detail, str(failure), second.detail)))
            raise NeedsPerson(
                second.place,
                f"putting back what served before failed too: {second.wrong}",
                "look at `inv status`, then `inv rollback` or deploy again"
                + (f" ({second.remedy})" if second.remedy else ""),
                detail=detail,
            ) from None
        now = f"release {before.id} serves" if before else "what it started is gone again"
        raise RolledBack(
            failure.place,
            f"{failure.wrong}; rolled back, {now}",
            failure.remedy,
            detail=failure.detail,
        ) from None

    def _converge_on(self, before: Release | None, run: Run) -> None:
        seen = self._look_again(run)
        if before is None:
            seen = self._without_strangers(seen)
        services = before.services if before else {}
        plan = plan_rollout(services, seen, drain=self.target.drain)
        site = self._site(run, before.id if before else self.wanted.id, services, seen)
        for step in plan.steps:
            self._do(step, site)

    def _until_still(self, act: Callable[[], None]) -> None:
        """Do it once more while Docker still starts what it found after a reboot."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return act()
            except Changed as changed:
                look_again(self.report, changed)
        return act()

    def _without_strangers(self, seen: Observation) -> Observation:
        """Return `seen` without what ran before the first deploy: that is not ours to stop."""
        strangers = {replica.id for replica in self.seen.replicas}
        ours = tuple(replica for replica in seen.replicas if replica.id not in strangers)
        return dataclasses.replace(seen, replicas=ours)

    def _look_again(self, run: Run) -> Observation:
        """Observe once the step that was cut off has ended."""
        self._catch_up(run)
        return self.target.engine.observe()

    def _catch_up(self, run: Run) -> None:
        step = HostStep(_CATCH_UP, "catch up", (), {}, timeout=_RECORD_TIMEOUT)
        self._reach(lambda: run_step(self.target.host, run, step))

    def _reach(self, act: Callable[[], _Answer]) -> _Answer:
        """Do it as soon as the connection is back, and give up after a while."""
        end = time.monotonic() + _RECONNECT
        while True:
            try:
                return act()
            except (Unreachable, AccessDenied):  # a machine that boots refuses its users
                if time.monotonic() > end:
                    raise
                time.sleep(1)

    def _site(
        self, run: Run, release: str, services: Mapping[str, Service], seen: Observation
    ) -> Site:
        site = Site(self.target.engine, self.target.proxy, run, release, services, self.report.say)
        site.learn(seen.replicas)
        return site

    def _do(self, step: Step, site: Site) -> None:
        with timed(self.report, self.timings, step.title):
            step.do(site)

    def _record(self, run: Run, release: Release) -> None:
        """Write the release down, prune, and give the lock back, in one round trip."""
        dropped = prunable(self.seen, release, self.target.keep)
        with timed(self.report, self.timings, "record"):
            self._finish(run, "record", (release.id, *dropped), f"{release.to_json()}\n".encode())

    def _close(self, run: Run) -> None:
        """End a run that recorded nothing: what it placed is removed."""
        self._finish(run, "undone", (NO_RELEASE,), b"")

    def _finish(self, run: Run, title: str, arguments: Sequence[str], stdin: bytes) -> None:
        step = HostStep(_RECORD, title, tuple(arguments), {}, stdin=stdin, timeout=_RECORD_TIMEOUT)
        run_step(self.target.host, run, step, watch=self.report.say)


def prunable(seen: Observation, wanted: Release, keep: int) -> list[str]:
    """Return the ids of the releases beyond the newest `keep`, never the wanted or current one."""
    ids = [release.id for release in releases_of(seen) if release.id != wanted.id]
    ids.sort(key=lambda name: name != seen.current)  # the way back stays before any other
    return ids[max(keep - 1, seen.current in ids) :]
