"""What differs between a wanted release and what was seen on the server. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy.engine.base import Observation, Replica, Service
from deploy.proxy.upstream import describe


class Action(StrEnum):
    """What is to be done about a service."""

    KEEP = "keep"
    CREATE = "create"
    ROLL = "roll"
    SCALE = "scale"
    SETTLE = "settle"
    RECREATE = "recreate"
    REMOVE = "remove"


@dataclass(frozen=True)
class Change:
    """One service: what is to be done and why, and the replicas that decide it.

    `good` replicas are of the wanted definition and well; `old` ones run and are to go; `dead` ones
    do not run. A database that runs is good, well or not: no deploy touches it for its health.
    `settled` tells whether nginx names exactly the good ones. `service` is None where the wanted
    release no longer has it.
    """

    name: str
    action: Action
    reason: str
    service: Service | None = None
    good: tuple[Replica, ...] = ()
    old: tuple[Replica, ...] = ()
    dead: tuple[Replica, ...] = ()
    settled: bool = True

    @property
    def missing(self) -> int:
        """How many replicas are still to be started."""
        return max(0, self.service.replicas - len(self.good)) if self.service else 0

    @property
    def awaited(self) -> bool:
        """Whether replicas are missing, or were started by a run that died and are not well yet."""
        return self.missing > 0 or any(replica.starting for replica in self.good)


def compare(wanted: Mapping[str, Service], seen: Observation) -> dict[str, Change]:
    """Return what is to be done about each wanted service, and about each that is there."""
    changes = {name: _change(service, seen) for name, service in wanted.items()}
    _follow_edge(changes)
    for replica in seen.replicas:
        if replica.service not in wanted:
            changes[replica.service] = Change(
                replica.service,
                Action.REMOVE,
                "it is not in the Compose file",
                old=tuple(found for found in seen.of(replica.service) if found.running),
                dead=tuple(found for found in seen.of(replica.service) if not found.running),
            )
    return changes


def _follow_edge(changes: dict[str, Change]) -> None:
    """Recreate nginx together with the edge whose network namespace it lives in."""
    moved = any(
        change.service and change.service.edge and change.action != Action.KEEP
        for change in changes.values()
    )
    for name, change in changes.items():
        there = (*change.good, *change.old, *change.dead)
        if moved and change.service and change.service.proxy and there:
            changes[name] = replace(
                change,
                action=Action.RECREATE,
                reason="its edge is new",
                good=(),
                old=there,
                dead=(),
            )


def _change(service: Service, seen: Observation) -> Change:
    there = seen.of(service.name)
    matching = [
        replica
        for replica in there
        if replica.definition == service.definition
        and (replica.serving or (service.database and replica.running))
    ]
    good = tuple(matching[: service.replicas])
    old = tuple(replica for replica in there if replica.running and replica not in good)
    dead = tuple(replica for replica in there if not replica.running)
    settled = service.upstream is None or _settled(service, seen, good)
    change = Change(service.name, Action.KEEP, "nothing changed", service, good, old, dead, settled)
    action, reason = _decide(change, service)
    return replace(change, action=action, reason=reason)


def _decide(change: Change, service: Service) -> tuple[Action, str]:
    good, old, dead = change.good, change.old, change.dead
    stale = [replica for replica in old if replica.definition != service.definition]
    ill = [replica for replica in old if not replica.serving]
    startable = all(replica.definition == service.definition for replica in dead)
    if change.missing and not good and not old and (service.rolls or startable):
        return Action.CREATE, "it is not running"
    if not service.rolls and change.missing and (stale or (dead and not good)):
        return Action.RECREATE, "its definition changed"
    if stale and service.rolls:
        return Action.ROLL, "its definition changed"
    if ill and (service.rolls or change.missing):
        return Action.ROLL if service.rolls else Action.RECREATE, "a replica is unhealthy"
    if old or len(good) < service.replicas:
        return Action.SCALE, f"{len(good) + len(old)} run, {service.replicas} are wanted"
    if dead:
        return Action.SETTLE, "a stopped replica is left over"
    if not change.settled:
        return Action.SETTLE, "nginx does not name exactly its replicas"
    return change.action, change.reason


def _settled(service: Service, seen: Observation, good: tuple[Replica, ...]) -> bool:
    found = describe(seen.upstreams.get(service.name, ""))
    return found.settled and sorted(found.names) == sorted(replica.name for replica in good)
