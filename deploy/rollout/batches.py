"""Replicas replaced batch by batch, as `deploy.update_config` says. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy.engine.base import Replica, Scale, Service
from deploy.rollout.difference import Change
from deploy.rollout.order import waves
from deploy.rollout.steps import Drain, Pause, Start, Step, Stop, Swap, Switch, Watch


def roll_all(rolling: Mapping[str, Change], drain: float, *, live: bool) -> Iterable[Step]:
    """Replace all `rolling` services; move traffic only where nginx is `live`."""
    for wave in waves(rolling):
        batches = max(_batches(change) for change in wave)
        for number in range(batches):
            yield from _batch(wave, number, drain, live=live)


def _size(change: Change) -> int:
    """Return how many replicas one batch replaces; a parallelism of 0 means all of them."""
    service = service_of(change)
    return service.update.parallelism or max(service.replicas, len(change.old), 1)


def _batches(change: Change) -> int:
    return max(1, math.ceil(max(change.missing, len(change.old)) / _size(change)))


def _batch(wave: Sequence[Change], number: int, drain: float, *, live: bool) -> Iterable[Step]:
    """Start a batch beside the old replicas, send traffic there, and let as many old ones go."""
    active = [change for change in wave if number < _batches(change)]
    parts = [_part(change, number) for change in active]
    if number:
        delay = max(service_of(change).update.delay for change in active)
        if delay:
            yield Pause(delay)
    scales = tuple(part.scale for part in parts if part.awaited)
    swaps = tuple(part.swap for part in parts if part.swap) if live else ()
    leaving = tuple(replica for part in parts for replica in part.leaving)
    if scales:
        yield Start(scales)
    if swaps:
        yield Switch(swaps)
    monitor = max(service_of(change).update.monitor for change in active)
    if scales:
        yield Watch(monitor, tuple(scale.service for scale in scales))
    if swaps:
        yield Drain(swaps, drain)
    if leaving:
        yield stop(leaving, max(service_of(change).grace for change in active))


@dataclass(frozen=True)
class _Part:
    """What one batch does to one service."""

    scale: Scale
    awaited: bool
    leaving: tuple[Replica, ...]
    swap: Swap | None


def _part(change: Change, number: int) -> _Part:
    service = service_of(change)
    size = _size(change)
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
    return _Part(scale_of(service, total, well), awaited, leaving, swap)


def stop(replicas: Sequence[Replica], grace: float) -> Stop:
    """Return the step that stops `replicas`, each within `grace` seconds."""
    return Stop(
        tuple(replica.id for replica in replicas),
        tuple(replica.name for replica in replicas),
        grace,
    )


def whole(change: Change) -> Scale:
    """Return all replicas of a service at once."""
    service = service_of(change)
    return scale_of(service, service.replicas, service.replicas)


def scale_of(service: Service, total: int, wanted: int) -> Scale:
    """Return `total` containers of `service`, `wanted` of them of the new definition."""
    update = service.update
    tolerated = math.floor(update.max_failure_ratio * service.replicas)
    if update.failure_action == "continue":
        tolerated = service.replicas
    tolerated = min(tolerated, service.replicas - 1)  # one that serves is needed in any case
    return Scale(service.name, total, wanted, service.definition, service.deadline, tolerated)


def service_of(change: Change) -> Service:
    """Return the wanted service of a change that is no removal."""
    if change.service is None:
        message = f"{change.name} is not wanted, so nothing can be started for it"
        raise AssertionError(message)
    return change.service
