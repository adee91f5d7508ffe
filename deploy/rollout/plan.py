"""The plan of a rollout: steps as data, before anything happens. Pure.

One algorithm serves the deploy, the manual rollback, the automatic one, and the run after a run
that died: from what was seen, converge on exactly the wanted replicas of the wanted definitions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from deploy.engine.base import Observation, Replica, Service
from deploy.rollout.batches import roll_all, scale_of, service_of, stop, whole
from deploy.rollout.difference import Action, Change, compare
from deploy.rollout.order import all_needs, waves
from deploy.rollout.release import current_release
from deploy.rollout.steps import (
    Backup,
    Clear,
    Drain,
    Introduce,
    Migrate,
    Rehearse,
    Start,
    Step,
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

    `migrate` runs when the service it names is created or rolled; `backup` before it, where
    there is a release that can be backed up.
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
        *_clear(acting.values()),
        *_create(early),
        *_extra(extras or Extras(), acting, deployed=bool(seen.current)),
        *roll_all(rolling, drain, live=live),
        *_create(harmless),
        *([Switch(swaps)] if swaps else ()),
        *([Drain(swaps, drain)] if swaps and live else ()),
        *_front(front, drain, _standing(changes, late)),
        *([Drain(swaps, drain)] if swaps and not live else ()),
        *_replace(late, drain),
        *_remove(acting),
    ]
    _introduce(steps, wanted, seen)
    if extras and _forsakes(acting, wanted, seen) and not _rehearses(steps):
        steps.insert(0, Rehearse(()))
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
    needs = all_needs(name, changes)
    return not any(_rolls(changes[need]) for need in needs if need in changes)


def _is_harmless(name: str, change: Change, others: Mapping[str, Change]) -> bool:
    """Whether a service that cannot roll is only created, or settled, and needs no later one."""
    settled = {Action.CREATE, Action.SETTLE}
    needs = all_needs(name, others) - {name}
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


def _forsakes(
    acting: Mapping[str, Change], wanted: Mapping[str, Service], seen: Observation
) -> bool:
    """Whether a service goes that nginx was told of: its configuration may name it still."""
    gone = {name for name, change in acting.items() if change.action == Action.REMOVE}
    return bool(gone & set(seen.upstreams)) and any(one.proxy for one in wanted.values())


def _rehearses(steps: Iterable[Step]) -> bool:
    return any(isinstance(step, Switch | Rehearse) for step in steps)


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
        if isinstance(step, Switch | Rehearse) or proxies & set(step.services):
            if isinstance(step, Switch):
                new -= set(step.services)
            if new:
                steps.insert(position, Introduce({name: upstreams[name] for name in sorted(new)}))
            return


def _clear(changes: Iterable[Change]) -> Iterable[Step]:
    """Remove stopped replicas, right after they were seen: Compose would start them again.

    What cannot roll may hold data, and keeps it: it is started again, or recreated with it.
    """
    rolling: list[Replica] = []
    others: list[Replica] = []
    for change in changes:
        service = change.service
        if service is None:
            continue
        if service.rolls:
            rolling += change.dead
        elif change.action != Action.RECREATE:
            others += change.dead[service.replicas if change.action == Action.CREATE else 0 :]
    for replicas, keep_volumes in ((rolling, False), (others, True)):
        if replicas:
            ids = tuple(replica.id for replica in replicas)
            yield Clear(ids, tuple(replica.name for replica in replicas), keep_volumes)


def _create(changes: Mapping[str, Change]) -> Iterable[Step]:
    for wave in waves(changes):
        scales = tuple(whole(change) for change in wave if change.awaited)
        if scales:
            yield Start(scales)


def _extra(extras: Extras, acting: Mapping[str, Change], *, deployed: bool) -> Iterable[Step]:
    migrate = extras.migrate
    if extras.backup and acting and deployed:
        yield extras.backup
    change = acting.get(migrate.service) if migrate else None
    if migrate and change and change.action in {Action.CREATE, Action.ROLL, Action.RECREATE}:
        yield migrate


def _standing(changes: Mapping[str, Change], late: Mapping[str, Change]) -> tuple[Swap, ...]:
    """Return who serves behind nginx at the time when nginx itself is replaced."""
    there = (c for name, c in changes.items() if name not in late or c.good or c.old)
    return tuple(
        replace(swap, keeping=swap.leaving if swap.service in late else (), leaving=())
        for swap in _swaps(there)
    )


def _front(front: Mapping[str, Change], drain: float, standing: tuple[Swap, ...]) -> Iterable[Step]:
    """Bring up the edge, then replace nginx beside itself in the edge's network namespace.

    Two nginx share the ports for a moment, and either may answer: so the new one is rehearsed
    before it starts, and proven once more when it is alone. Then it lets the addresses go.
    """
    changes = sorted(front.values(), key=lambda change: not service_of(change).edge)
    beside = any(service_of(c).proxy and c.missing and (c.good or c.old) for c in changes)
    if beside:
        yield Rehearse(standing)
    if any(service_of(c).proxy and c.action == Action.RECREATE for c in changes):
        # Together: an nginx without its edge must not be left behind, not even by a run that dies.
        yield Start(tuple(whole(change) for change in changes), recreate=True)
    else:
        yield from (_beside(change) for change in changes if change.awaited)
    for change in changes:
        service = service_of(change)
        if service.proxy:
            yield Watch(service.update.monitor, (service.name,))
        if change.old and change.action != Action.RECREATE:
            yield stop(change.old, max(service.grace, drain))
            yield Watch(0.0, (service.name,))
    if beside and standing:
        yield Drain(standing, 0.0)


def _beside(change: Change) -> Start:
    """Start what is missing beside what runs, or in its place where that cannot be."""
    service = service_of(change)
    if change.action == Action.RECREATE:
        return Start((whole(change),), recreate=True)
    total = len(change.good) + len(change.old) + change.missing
    return Start((scale_of(service, total, service.replicas),))


def _replace(late: Mapping[str, Change], drain: float) -> Iterable[Step]:
    """Recreate or scale, last, what cannot roll."""
    for wave in waves(late):
        for change in wave:
            if change.missing:
                yield Start((whole(change),), recreate=change.action == Action.RECREATE)
        swaps = _swaps(wave)
        if swaps:
            yield Switch(swaps)
            yield Drain(swaps, drain)
        for change in wave:
            if change.old and not change.missing:
                yield replace(stop(change.old, service_of(change).grace), keep_volumes=True)


def _remove(acting: Mapping[str, Change]) -> Iterable[Step]:
    gone = [change for change in acting.values() if change.action == Action.REMOVE]
    replicas = tuple(replica for change in gone for replica in (*change.old, *change.dead))
    if replicas:
        yield replace(stop(replicas, _REMOVE_GRACE), keep_volumes=True)


def _interruption(change: Change) -> str:
    if change.service is None:
        return f"{change.name} is removed: {change.reason} (its volumes stay)"
    return f"{change.name} is recreated, which interrupts it: {service_of(change).why}"
