"""Which snapshots are kept, and why. Pure.

The rules are restic's (its `snapshot_policy.go`): each counts the newest snapshot of a period, in
UTC, and only periods that hold one. Where a rule finds fewer periods than it may keep, it keeps the
oldest snapshot too, so that a young history is not cut short.

What was taken of some sources only is counted by itself, as restic counts what was taken of other
paths (its `--group-by`): it takes no whole snapshot's place.

Added to them is what no rule may do. What was never proven counts for nothing, so that it cannot
push out what was. No snapshot goes that a kept one builds on. And `within` looks back from the
newest proven snapshot, not from now: neither a clock that is ahead nor backups that have stopped
age anything away.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import takewhile

from deploy.errors import RetentionRefused

SKEW = 300.0  # seconds that clocks may differ

_PERIODS = {
    "hourly": "%Y-%m-%d %H:00",
    "daily": "%Y-%m-%d",
    "weekly": "%G-W%V",
    "monthly": "%Y-%m",
    "yearly": "%Y",
}
_UNITS = {"d": 86400, "h": 3600, "m": 60}


@dataclass(frozen=True)
class Policy:
    """How many snapshots each rule keeps; `within` keeps all of the last so many seconds."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: float = 0.0

    def __str__(self) -> str:
        rules = {**asdict(self), "within": self.within and _span(self.within)}
        return ", ".join(f"{rule} {value}" for rule, value in rules.items() if value)


@dataclass(frozen=True)
class Candidate:
    """A snapshot as retention sees it.

    `at` is seconds since 1970. `parent` is the id of the snapshot that this one builds on, if any.
    `proven` says that it was restored once, or whatever else the caller takes for proof. `only` has
    the sources that it holds, where it leaves others out.
    """

    id: str
    at: float
    parent: str = ""
    proven: bool = False
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Whether a snapshot is kept, and all reasons for that, or the one reason why it goes."""

    id: str
    keep: bool
    reasons: tuple[str, ...]


def decide(
    candidates: Iterable[Candidate],
    policy: Policy,
    now: float,
    pinned: Mapping[str, str] = {},
) -> tuple[Decision, ...]:
    """Return what becomes of each snapshot, newest first.

    `now` is seconds since 1970. `pinned` says by id why something else needs a snapshot; ids that
    are no candidates are passed over.

    Raises `RetentionRefused` where the policy keeps nothing, a snapshot is more than `SKEW` ahead
    of `now`, or two have one id.
    """
    snapshots = sorted(candidates, key=lambda found: (found.at, found.id), reverse=True)
    _check_policy(policy)
    _check(snapshots, now)
    known = {snapshot.id: snapshot for snapshot in snapshots}
    reasons: dict[str, list[str]] = {snapshot.id: [] for snapshot in snapshots}
    for only in dict.fromkeys(snapshot.only for snapshot in snapshots):
        group = [snapshot for snapshot in snapshots if snapshot.only == only]
        counted = [found for found in group if _counts(found, known)]
        of = f" of {', '.join(only)}" if only else ""
        for name, reason in _wanted(group, counted, policy):
            reasons[name].append(f"{reason}{of}")
    for name in [name for name in pinned if name in reasons]:
        reasons[name].append(pinned[name])
    for name, reason in _needed([known[name] for name, why in reasons.items() if why], known):
        reasons[name].append(reason)
    return tuple(
        Decision(name, bool(why), tuple(why) or (_why_not(known[name], known, policy),))
        for name, why in reasons.items()
    )


def removals(decisions: Iterable[Decision], candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the ids of those that go, in an order that may end anywhere: children before parents.

    What a candidate builds on that nothing was decided about, because it is newer, stays.
    """
    known = {candidate.id: candidate for candidate in candidates}
    going = {decision.id for decision in decisions if not decision.keep}
    for candidate in known.values():
        if candidate.id not in going:
            going -= {found.id for found in _line(candidate, known)}
    lines = [_line(known[name], known) for name in going if name in known]
    lines.sort(key=lambda line: (-len(line), line[0].at, line[0].id))
    return tuple(line[0].id for line in lines)


def _check_policy(policy: Policy) -> None:
    for rule, value in asdict(policy).items():
        if not 0 <= value < math.inf:
            raise RetentionRefused("retention", f"{rule} is {value}", "say a number from 0 up")
    if not any(asdict(policy).values()):
        rules = ", ".join(asdict(policy))
        raise RetentionRefused("retention", "the policy keeps nothing", f"set one of {rules}")


def _check(snapshots: Sequence[Candidate], now: float) -> None:
    seen: set[str] = set()
    for snapshot in snapshots:
        place = f"snapshot {snapshot.id}"
        if snapshot.id in seen:
            raise RetentionRefused(
                place, "two have this id", "look at both, and remove one by hand"
            )
        seen.add(snapshot.id)
        if not 0 <= snapshot.at < math.inf:
            wrong = f"it was taken at {snapshot.at}, which is no time"
            raise RetentionRefused(
                place, wrong, "look at its record, and mend it, or remove the snapshot"
            )
        if snapshot.at > now + SKEW:
            raise RetentionRefused(
                place,
                f"it was taken {_span(round(snapshot.at - now))} from now, so a clock is wrong",
                "set the clocks of the server and of this machine",
            )


def _line(snapshot: Candidate, known: Mapping[str, Candidate]) -> list[Candidate]:
    """Return the snapshot and what it builds on, as far as that is known; a cycle only once."""
    line = {snapshot.id: snapshot}
    while (parent := known.get(snapshot.parent)) and parent.id not in line:
        line[parent.id] = snapshot = parent
    return list(line.values())


def _counts(snapshot: Candidate, known: Mapping[str, Candidate]) -> bool:
    """Whether it is proven, and all that it builds on is there, down to what builds on nothing."""
    return snapshot.proven and not _line(snapshot, known)[-1].parent


def _wanted(
    snapshots: Sequence[Candidate],
    counted: Sequence[Candidate],
    policy: Policy,
) -> Iterator[tuple[str, str]]:
    """Yield the ids of those that are kept for themselves, each with a reason."""
    for snapshot in counted[: policy.last]:
        yield snapshot.id, f"last {policy.last}"
    for rule in _PERIODS:
        yield from _of_periods(counted, rule, asdict(policy)[rule])
    for snapshot in counted:
        if counted[0].at - snapshot.at < policy.within:
            yield snapshot.id, f"within {_span(policy.within)}"
    for snapshot in counted[:1]:
        yield snapshot.id, "the newest proven one"
    for snapshot in takewhile(lambda found: found not in counted[:1], snapshots):
        yield snapshot.id, "newer than every proven one" if counted else "none is proven"


def _of_periods(counted: Sequence[Candidate], rule: str, count: int) -> Iterator[tuple[str, str]]:
    newest: dict[str, Candidate] = {}
    for snapshot in counted:
        newest.setdefault(_utc(snapshot).strftime(_PERIODS[rule]), snapshot)
    for period, snapshot in list(newest.items())[:count]:
        yield snapshot.id, f"{rule} {period}"
    if counted and len(newest) < count and counted[-1] not in newest.values():
        yield counted[-1].id, f"the oldest, as {rule} {count} is not reached"


def _utc(snapshot: Candidate) -> datetime:
    return datetime.fromtimestamp(snapshot.at, UTC)


def _needed(kept: Iterable[Candidate], known: Mapping[str, Candidate]) -> Iterator[tuple[str, str]]:
    """Yield the ids of those that a kept one builds on, each with the newest that does so."""
    staying = {found.id for snapshot in kept for found in _line(snapshot, known)}
    children: dict[str, list[str]] = {}
    for snapshot in known.values():
        if snapshot.id in staying and snapshot.parent in known and snapshot.parent != snapshot.id:
            children.setdefault(snapshot.parent, []).append(snapshot.id)
    for parent, (first, *others) in children.items():
        yield parent, f"needed by {first}" + (f" and {len(others)} more" if others else "")


def _why_not(snapshot: Candidate, known: Mapping[str, Candidate], policy: Policy) -> str:
    if _counts(snapshot, known):
        return f"not among {policy}"
    fault = "its chain is broken" if snapshot.proven else "unproven"
    return f"{fault}, and a newer one is proven"


def _span(seconds: float) -> str:
    """Return seconds in the largest unit that divides them: 7d, 36h, 90s.

    >>> _span(604800)
    '7d'
    """
    for unit, size in _UNITS.items():
        if seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
