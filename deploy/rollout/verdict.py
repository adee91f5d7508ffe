"""What state an environment is in, in sentences that a person on call understands. Pure."""

from collections.abc import Iterable, Mapping

from deploy.engine.base import LockSeen, Observation, Replica, Service
from deploy.proxy.nginx import Answer
from deploy.proxy.upstream import describe
from deploy.rollout.journal import Ending, clock, interrupted_run, last_run
from deploy.rollout.lock import EXPIRY
from deploy.rollout.release import Release

LOW_DISK = 1 << 30  # bytes free, below which a pull is likely to fail


def headline(where: str, release: Release | None, answer: Answer | None) -> str:
    """Return the one line that somebody who was woken up needs first."""
    if release is None:
        return f"{where}: nothing is deployed here yet"
    recorded = f"release {release.id}, tag {release.tag}"
    if answer is None:
        return f"{where}: {recorded}; whether it serves is not asked, for no url is configured"
    if answer.ok:
        return f"{where} serves: {answer.url} answers {answer.status} through nginx; {recorded}"
    return f"{where} DOES NOT SERVE: {answer.url} answers {answer.status}; {recorded}"


def findings(seen: Observation, release: Release | None) -> list[str]:
    """Return what is not as it should be, one sentence each, the most pressing first."""
    services = release.services if release else {}
    return [
        *(line for service in services.values() for line in _about(service, seen)),
        *_about_runs(seen),
        *_about_strangers(services, seen),
        *_about_disk(seen),
    ]


def what_was_found(seen: Observation, wanted: Mapping[str, Service], before: Release | None) -> str:
    """Return what a run that died left, and what this one does about it; nothing where none did."""
    died = interrupted_run(seen.journal)
    if died is None:
        return ""
    if seen.lock and _alive(seen.lock):
        return ""  # it goes on
    recorded = before.services if before else {}
    kept, removed = 0, 0
    for replica in seen.replicas:
        known = replica.service in recorded
        if known and replica.definition == recorded[replica.service].definition:
            continue
        service = wanted.get(replica.service)
        if service and replica.running and replica.definition == service.definition:
            kept += 1
        else:
            removed += 1
    does = [
        *([f"keeps the {_replicas(kept)} that it started"] if kept else []),
        *([f"removes the {_replicas(removed)} that it left"] if removed else []),
    ]
    return f"{died}; this run {' and '.join(does) or 'starts from what serves'}"


def _about(service: Service, seen: Observation) -> Iterable[str]:
    there = seen.of(service.name)
    running = [replica for replica in there if replica.running]
    mine = [replica for replica in running if replica.definition == service.definition]
    well = [replica for replica in mine if replica.serving and not replica.starting]
    other = [replica for replica in running if replica.definition != service.definition]
    still = [replica for replica in there if replica.id in seen.still]
    if still:
        yield f"{service.name}: {_replicas(len(still))} held still by a backup that is at work"
    elif not running:
        yield f"{service.name} is DOWN: no replica runs{_last_words(there)}"
    elif not other and len(well) < service.replicas:
        ill = _states(replica for replica in there if replica not in well)
        wanted = f"{len(well)} of {service.replicas} wanted replicas are well"
        yield f"{service.name}: {wanted}{ill and f' ({ill})'}"
    elif other:
        yield (
            f"{service.name}: {len(well)} of {service.replicas} wanted replicas of the recorded"
            f" release are well, and {_replicas(len(other))} of another release run"
            f"{_traffic(service, seen, other)}"
        )
    elif len(mine) > service.replicas:
        yield f"{service.name}: {len(mine)} replicas run, {service.replicas} are wanted"


def _traffic(service: Service, seen: Observation, other: Iterable[Replica]) -> str:
    """Return which of two releases nginx sends requests to."""
    if service.upstream is None:
        return ""
    names = set(describe(seen.upstreams.get(service.name, "")).names)
    if names & {replica.name for replica in other}:
        return "; nginx sends requests to the other release"
    return "; nginx sends them no requests"


def _about_runs(seen: Observation) -> Iterable[str]:
    run = last_run(seen.journal)
    if seen.lock:
        yield _about_lock(seen.lock)
    if run is None or (seen.lock and _alive(seen.lock)):
        return
    if run.ending == Ending.CUT_OFF:
        yield f"cut off: {run}; `inv deploy` goes on from here, `inv rollback` goes back"
    elif run.ending == Ending.PAUSED:
        yield f"paused: {run}, as failure_action says; `inv deploy` or `inv rollback` goes on"
    elif run.ending == Ending.UNDONE:
        yield f"the last run was undone: {run}"


def _about_lock(lock: LockSeen) -> str:
    who = f"{lock.reason} by {lock.owner}, since {clock(lock.since)}"
    if lock.abandoned:
        return f"locked by a run that died (abandoned): {who}; the next run takes over"
    if not _alive(lock):
        silent = f"silent for {lock.age:.0f} s"
        return f"locked by a run that died ({silent}): {who}; the next run takes over"
    return f"at work: {who} (heartbeat {lock.age:.0f} s ago)"


def _alive(lock: LockSeen) -> bool:
    return not lock.abandoned and abs(lock.age) < EXPIRY


def _about_strangers(services: Mapping[str, Service], seen: Observation) -> Iterable[str]:
    names = sorted({r.service for r in seen.replicas if r.running} - set(services))
    if names:
        yield f"not of the recorded release: {', '.join(names)}"


def _about_disk(seen: Observation) -> Iterable[str]:
    if seen.disk_free < LOW_DISK:
        yield f"the disk is nearly full: {seen.disk_free / 2**20:.0f} MiB free for Docker"


def _last_words(there: Iterable[Replica]) -> str:
    states = _states(there)
    return f" ({states})" if states else ""


def _states(replicas: Iterable[Replica]) -> str:
    found = [f"{r.name}: {r.health or r.state if r.running else r.state}" for r in replicas]
    return ", ".join(sorted(found))


def _replicas(number: int) -> str:
    return "1 replica" if number == 1 else f"{number} replicas"
