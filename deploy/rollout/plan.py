"""The plan of a rollout: steps as data, before anything happens. Pure.

One algorithm serves the deploy, the manual rollback, the automatic one, and the run after a run
that died: from what was seen, converge on exactly the wanted replicas of the wanted definitions.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deploy.engine.base import Observation, Replica, Scale, Service
from deploy.rollout.difference import Action, Change, compare
from deploy.rollout.release import current_release
from deploy.rollout.steps import (
    Backup,
    Drain,
    Introduce,
    Migrate,
    Pause,
    Start,
    Step,
    Stop,
    Swap,
    Switch,
    Watch,
)

_REMOVE_GRACE = 30.0  # seconds for a service that the Compose file no longer describes


@dataclass(frozen=True)
class Plan:
    """What will be done: `steps` in order; `changes` by service; what it `interrupts`, if anything.

    `data` names the databases among what is interrupted: they need a confirmation of their own.
    """

    steps: tuple[Step, ...]
    changes: Mapping[str, Change]
    interrupts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether everything is as it is wanted."""
        return not self.steps


@dataclass(frozen=True)
class Extras:
    """What a deploy does besides swapping: none of it happens in a rollback.

    `migrate` runs when the service it names is created or rolled.
    """

    migrate: Migrate | None = None
    backup: Backup | None = None


def plan_rollout(
    wanted: Mapping[str, Service],
    seen: Observation,
    extras: Extras | None = None,
    drain: float = 35.0,
) -> Plan:
    """Return the plan that turns what was seen into the `wanted` services."""
    changes = compare(wanted, seen)
    acting = {name: change for name, change in changes.items() if change.action != Action.KEEP}
    rolling = {name: c for name, c in acting.items() if _rolls(c)}
    early = {name: c for name, c in acting.items() if _is_early(name, c, changes)}
    front = {name: c for name, c in acting.items() if c.service and _is_front(c.service)}
    others = {
        name: c
        for name, c in acting.items()
        if c.service and name not in {*rolling, *early, *front}
    }
    harmless = {name: c for name, c in others.items() if _is_harmless(name, c, others)}
    late = {name: c for name, c in others.items() if name not in harmless}
    live = _serves(changes)  # before the first deploy there is no traffic to move
    swaps = _swaps([*early.values(), *harmless.values(), *(() if live else rolling.values())])
    steps = [
        *_create(early),
        *_extra(extras or Extras(), acting),
        *_roll_all(rolling, drain, live=live),
        *_create(harmless),
        *([Switch(swaps)] if swaps else ()),
        *([Drain(swaps, drain)] if swaps and live else ()),
        *_front(front, drain),
        *([Drain(swaps, drain)] if swaps and not live else ()),
        *_replace(late, drain),
        *_remove(acting),
    ]
    _introduce(steps, wanted, seen)
    interrupts = [c for c in acting.values() if c.action in {Action.RECREATE, Action.REMOVE}]
    before = current_release(seen)
    return Plan(
        tuple(steps),
        changes,
        tuple(_interruption(change) for change in interrupts),
        tuple(c.name for c in interrupts if _holds_data(c, before.services if before else {})),
    )


def _holds_data(change: Change, before: Mapping[str, Service]) -> bool:
    service = change.service or before.get(change.name)
    return service is not None and service.database


def _is_front(service: Service) -> bool:
    return service.edge or service.proxy


def _rolls(change: Change) -> bool:
    service = change.service
    return service is not None and service.rolls and not _is_front(service)


def _is_early(name: str, change: Change, changes: Mapping[str, Change]) -> bool:
    """Whether a service that cannot roll is to be there before the others start."""
    service = change.service
    if service is None or service.rolls or _is_front(service) or change.action != Action.CREATE:
        return False
    needs = _all_needs(name, changes)
    return not any(_rolls(changes[need]) for need in needs if need in changes)


def _is_harmless(name: str, change: Change, others: Mapping[str, Change]) -> bool:
    """Whether a service that cannot roll is only created, or settled, and needs no later one."""
    settled = {Action.CREATE, Action.SETTLE}
    needs = _all_needs(name, others) - {name}
    return change.action in settled and all(
        others[need].action in settled for need in needs if need in others
    )


def _serves(changes: Mapping[str, Change]) -> bool:
    """Whether an nginx runs that has traffic to be moved."""
    return any(
        replica.running
        for change in changes.values()
        if change.service and change.service.proxy
        for replica in (*change.good, *change.old)
    )


def _swaps(changes: Iterable[Change]) -> tuple[Swap, ...]:
    """Return the swaps that move all traffic of services to what they have become."""
    return tuple(
        Swap(
            change.name,
            change.service.definition,
            change.service.upstream,
            (),
            tuple(replica.id for replica in change.old),
        )
        for change in changes
        if change.service and change.service.upstream
    )


def _introduce(steps: list[Step], wanted: Mapping[str, Service], seen: Observation) -> None:
    """See that every upstream has a file before nginx first reads a configuration that names it."""
    upstreams = {name: service.upstream for name, service in wanted.items() if service.upstream}
    new = set(upstreams) - set(seen.upstreams)
    proxies = {name for name, service in wanted.items() if service.proxy}
    for position, step in enumerate(steps):
        if isinstance(step, Switch) or proxies & set(step.services):
            if isinstance(step, Switch):
                new -= set(step.services)
            if new:
                steps.insert(position, Introduce({name: upstreams[name] for name in sorted(new)}))
            return


def _all_needs(name: str, changes: Mapping[str, Change]) -> set[str]:
    found: set[str] = set()
    open_names = [name]
    while open_names:
        change = changes.get(open_names.pop())
        needs = change.service.depends_on if change and change.service else ()
        open_names += [need for need in needs if need not in found]
        found.update(needs)
    return found


def _waves(changes: Mapping[str, Change]) -> list[list[Change]]:
    """Return the changes in waves: each needs only what an earlier wave has brought up."""
    rest, waves = dict(changes), []
    while rest:
        ready = [name for name in rest if not (_all_needs(name, changes) - {name}) & set(rest)]
        ready = ready or list(rest)
        waves.append([rest.pop(name) for name in ready])
    return waves


def _create(changes: Mapping[str, Change]) -> Iterable[Step]:
    for wave in _waves(changes):
        yield from _clear(wave)
        scales = tuple(_whole(change) for change in wave if change.awaited)
        if scales:
            yield Start(scales)


def _extra(extras: Extras, acting: Mapping[str, Change]) -> Iterable[Step]:
    migrate = extras.migrate
    if extras.backup:
        yield extras.backup
    change = acting.get(migrate.service) if migrate else None
    if migrate and change and change.action in {Action.CREATE, Action.ROLL, Action.RECREATE}:
        yield migrate


def _roll_all(rolling: Mapping[str, Change], drain: float, *, live: bool) -> Iterable[Step]:
    for wave in _waves(rolling):
        yield from _clear(wave)
        batches = max(_batches(change) for change in wave)
        for number in range(batches):
            yield from _batch(wave, number, drain, live=live)


def _batches(change: Change) -> int:
    service = _service(change)
    size = service.update.parallelism or max(service.replicas, 1)
    return max(1, math.ceil(max(change.missing, len(change.old)) / size))


def _batch(wave: Sequence[Change], number: int, drain: float, *, live: bool) -> Iterable[Step]:
    """Start a batch beside the old replicas, send traffic there, and let as many old ones go."""
    active = [change for change in wave if number < _batches(change)]
    parts = [_part(change, number) for change in active]
    if number:
        delay = max(_service(change).update.delay for change in active)
        if delay:
            yield Pause(delay)
    scales = tuple(part.scale for part in parts if part.awaited)
    swaps = tuple(part.swap for part in parts if part.swap) if live else ()
    leaving = tuple(replica for part in parts for replica in part.leaving)
    if scales:
        yield Start(scales)
    if swaps:
        yield Switch(swaps)
    monitor = max(_service(change).update.monitor for change in active)
    if scales:
        yield Watch(monitor, tuple(scale.service for scale in scales))
    if swaps:
        yield Drain(swaps, drain)
    if leaving:
        yield _stop(leaving, max(_service(change).grace for change in active))


@dataclass(frozen=True)
class _Part:
    """What one batch does to one service."""

    scale: Scale
    awaited: bool
    leaving: tuple[Replica, ...]
    swap: Swap | None


def _part(change: Change, number: int) -> _Part:
    service = _service(change)
    size = service.update.parallelism or max(service.replicas, len(change.old), 1)
    last = number == _batches(change) - 1
    before = min(change.missing, number * size)
    starts = min(size, change.missing - before)
    gone = change.old[: number * size]
    leaving = change.old[len(gone) :] if last else change.old[len(gone) : len(gone) + size]
    keeping = change.old[len(gone) + len(leaving) :]
    well = len(change.good) + before + starts
    total = well + len(leaving) + len(keeping)
    swap = None
    if service.upstream and (change.missing or not change.settled):
        swap = Swap(
            service.name,
            service.definition,
            service.upstream,
            tuple(replica.id for replica in keeping),
            tuple(replica.id for replica in leaving),
        )
    awaited = change.awaited if number == 0 else starts > 0
    return _Part(_scale(service, total, well), awaited, leaving, swap)


def _front(front: Mapping[str, Change], drain: float) -> Iterable[Step]:
    """Bring up the edge, then replace nginx beside itself in the edge's network namespace.

    Two nginx share the ports for a moment, and either may answer: so the new one is rehearsed
    before it starts, and proven once more when it is alone.
    """
    changes = sorted(front.values(), key=lambda change: not _service(change).edge)
    yield from _clear(changes)
    if any(_service(c).proxy and c.missing and (c.good or c.old) for c in changes):
        yield Switch(())
    if any(_service(c).proxy and c.action == Action.RECREATE for c in changes):
        # Together: an nginx without its edge must not be left behind, not even by a run that dies.
        yield Start(tuple(_whole(change) for change in changes), recreate=True)
    else:
        yield from (_beside(change) for change in changes if change.awaited)
    for change in changes:
        service = _service(change)
        if service.proxy:
            yield Watch(service.update.monitor, (service.name,))
        if change.old and change.action != Action.RECREATE:
            yield _stop(change.old, max(service.grace, drain))
            yield Watch(0.0, (service.name,))


def _beside(change: Change) -> Start:
    """Start what is missing beside what runs, or in its place where that cannot be."""
    service = _service(change)
    if change.action == Action.RECREATE:
        return Start((_whole(change),), recreate=True)
    total = len(change.good) + len(change.old) + change.missing
    return Start((_scale(service, total, service.replicas),))


def _replace(late: Mapping[str, Change], drain: float) -> Iterable[Step]:
    """Recreate or scale, last, what cannot roll."""
    for wave in _waves(late):
        yield from _clear(wave)
        for change in wave:
            if change.missing:
                yield Start((_whole(change),), recreate=change.action == Action.RECREATE)
        swaps = _swaps(wave)
        if swaps:
            yield Switch(swaps)
            yield Drain(swaps, drain)
        for change in wave:
            if change.old and not change.missing:
                yield replace(_stop(change.old, _service(change).grace), keep_volumes=True)


def _remove(acting: Mapping[str, Change]) -> Iterable[Step]:
    gone = [change for change in acting.values() if change.action == Action.REMOVE]
    replicas = tuple(replica for change in gone for replica in (*change.old, *change.dead))
    if replicas:
        yield replace(_stop(replicas, _REMOVE_GRACE), keep_volumes=True)


def _clear(changes: Iterable[Change]) -> Iterable[Step]:
    """Remove stopped replicas first: Compose would start them again.

    What cannot roll may hold data, and keeps it: it is started again, or recreated with it.
    """
    rolling: list[Replica] = []
    others: list[Replica] = []
    for change in changes:
        service = _service(change)
        if service.rolls:
            rolling += change.dead
        elif change.action != Action.RECREATE:
            others += change.dead[service.replicas if change.action == Action.CREATE else 0 :]
    if rolling:
        yield _stop(rolling, 0.0)
    if others:
        yield replace(_stop(others, 0.0), keep_volumes=True)


def _stop(replicas: Sequence[Replica], grace: float) -> Stop:
    return Stop(
        tuple(replica.id for replica in replicas),
        tuple(replica.name for replica in replicas),
        grace,
    )


def _whole(change: Change) -> Scale:
    service = _service(change)
    return _scale(service, service.replicas, service.replicas)


def _scale(service: Service, total: int, wanted: int) -> Scale:
    update = service.update
    tolerated = math.floor(update.max_failure_ratio * service.replicas)
    if update.failure_action == "continue":
        tolerated = service.replicas
    tolerated = min(tolerated, service.replicas - 1)  # one that serves is needed in any case
    return Scale(service.name, total, wanted, service.definition, service.deadline, tolerated)


def _service(change: Change) -> Service:
    if change.service is None:
        message = f"{change.name} is not wanted, so nothing can be started for it"
        raise AssertionError(message)
    return change.service


def _interruption(change: Change) -> str:
    if change.service is None:
        return f"{change.name} is removed: {change.reason} (its volumes stay)"
    return f"{change.name} is recreated, which interrupts it: {_service(change).why}"
