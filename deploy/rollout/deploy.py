"""What is typed as deploy, rollback and scale: observe, plan, show, pull, plan again, carry out."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from deploy.engine.base import EDGE, Observation, Service
from deploy.errors import Changed, ComposeError, EngineError, SettingsError, SlipwayError
from deploy.rollout.journal import interrupted_run
from deploy.rollout.plan import Extras, Plan, plan_rollout
from deploy.rollout.release import Release, current_release, release_from, releases_of
from deploy.rollout.report import Report, Timings, look_again, timed
from deploy.rollout.run import Rollout, Target

_ATTEMPTS = 3  # how often a run looks again when something was changed meanwhile


@dataclass(frozen=True)
class Draft:
    """A release that is not recorded yet, and the files that make it, as a tar archive."""

    release: Release
    payload: bytes = field(default=b"", repr=False)


class Blueprint(Protocol):
    """What is wanted, before digests are known."""

    @property
    def images(self) -> frozenset[str]:
        """Return the image references of the Compose file."""

    @property
    def moving(self) -> frozenset[str]:
        """Return those whose digest must be asked for again, even where one is known."""

    def draft(self, seen: Observation, pins: Mapping[str, str]) -> Draft:
        """Return the release with images pinned as far as `pins` goes."""


@dataclass(frozen=True)
class Proposal:
    """What is about to happen: shown, and confirmed or not, before anything does."""

    release: Release
    plan: Plan
    pulls: tuple[str, ...]
    seen: Observation
    extras: Extras


@dataclass(frozen=True)
class Outcome:
    """How it ended. `release` serves; `timings` are step titles with seconds."""

    release: Release
    changed: bool
    timings: Sequence[tuple[str, float]] = ()


Confirm = Callable[[Proposal], None]
Choose = Callable[[Observation], Release]


def deploy(
    target: Target, blueprint: Blueprint, extras: Extras, report: Report, confirm: Confirm
) -> Outcome:
    """Bring the wanted release up. `confirm` shows the proposal, and raises to refuse it."""
    confirmed: tuple[str, ...] | None = None
    for _ in range(_ATTEMPTS):
        timings: Timings = []
        seen = target.engine.observe()
        pins = known_pins(seen)
        unknown = tuple(sorted(blueprint.images - set(pins)))
        look = _look(target, blueprint, extras, seen, pins)
        if not unknown and blueprint.moving and look.done:
            pins.update(_pull(target, sorted(blueprint.moving), report, timings))
            look = _look(target, blueprint, extras, seen, pins)
            moving: tuple[str, ...] = ()
        else:
            moving = tuple(sorted(blueprint.moving))
        if not unknown and look.done:
            return Outcome(current_release(seen) or look.draft.release, changed=False)
        pulls = tuple(sorted({*unknown, *moving}))
        if confirmed is None or not set(look.plan.interrupts) <= set(confirmed):
            confirm(Proposal(look.draft.release, look.plan, pulls, seen, extras))
            confirmed = look.plan.interrupts
        if pulls:
            pins.update(_pull(target, pulls, report, timings))
            look = _look(target, blueprint, extras, seen, pins)
            if look.done:
                return Outcome(current_release(seen) or look.draft.release, changed=False)
            if not set(look.plan.interrupts) <= set(confirmed):
                confirm(Proposal(look.draft.release, look.plan, (), seen, extras))
        wanted, reason = look.draft.release, f"deploy {look.draft.release.tag}"
        rollout = Rollout(target, wanted, seen, look.plan, report, reason, timings)
        try:
            recorded = rollout.carry_out(look.draft.payload)
        except Changed as changed:
            look_again(report, changed)
        else:
            return Outcome(recorded, changed=True, timings=rollout.timings)
    raise _never_still(target)


def put(target: Target, choose: Choose, report: Report, confirm: Confirm, reason: str) -> Outcome:
    """Bring a recorded release up again, as it was recorded, through the same steps.

    `choose` names it, from what is seen each time that this looks.
    """
    confirmed: tuple[Release, Plan] | None = None
    for _ in range(_ATTEMPTS):
        seen = target.engine.observe()
        wanted = choose(seen)
        _check_still(target.host.name, seen)
        _check_networks(wanted, seen)
        _check_ports(target.host.name, wanted.services, seen)
        plan = plan_rollout(wanted.services, seen, drain=target.drain)
        if _is_done(wanted, plan, seen) and seen.current == wanted.id:
            return Outcome(wanted, changed=False)
        target.engine.check(wanted.id)
        if (
            confirmed is None
            or confirmed[0] != wanted
            or not set(plan.interrupts) <= set(confirmed[1].interrupts)
        ):
            confirm(Proposal(wanted, plan, (), seen, Extras()))
            confirmed = wanted, plan
        starting = {name for step in plan.steps for name in step.services}
        images = {wanted.services[name].image for name in starting if name in wanted.services}
        timings: Timings = []
        if images:
            _pull(target, tuple(sorted(images)), report, timings)
        rollout = Rollout(target, wanted, seen, plan, report, reason=reason, timings=timings)
        try:
            recorded = rollout.carry_out(b"")
        except Changed as changed:
            look_again(report, changed)
        else:
            return Outcome(recorded, changed=True, timings=rollout.timings)
    raise _never_still(target)


@dataclass(frozen=True)
class _Look:
    """What is wanted, set against what was seen."""

    draft: Draft
    plan: Plan
    done: bool


def _look(
    target: Target,
    blueprint: Blueprint,
    extras: Extras,
    seen: Observation,
    pins: Mapping[str, str],
) -> _Look:
    draft = blueprint.draft(seen, pins)
    check_wanted(target.host.name, draft.release, seen)
    plan = plan_rollout(draft.release.services, seen, extras, target.drain)
    return _Look(draft, plan, _is_done(draft.release, plan, seen))


def check_wanted(place: str, wanted: Release, seen: Observation) -> None:
    """Refuse what could not be brought up. Raises `ComposeError`, `EngineError`."""
    _check_still(place, seen)
    _check_upstreams(wanted.services, seen)
    _check_networks(wanted, seen)
    _check_ports(place, wanted.services, seen)


def _check_networks(wanted: Release, seen: Observation) -> None:
    """Refuse a network that changes: Docker Compose would stop all that is on it, to make it anew.

    So newer ones do (docker/compose#12267); older ones leave the network as it was.
    """
    current = current_release(seen)
    for name, there in (current.networks if current else {}).items():
        if wanted.networks.get(name, there) != there:
            raise ComposeError(
                f"networks.{name}",
                "it has changed, and Docker cannot change a network while containers are on it",
                "give the new one another name, and put the services on that; or put it back",
            )


def _check_still(place: str, seen: Observation) -> None:
    """Refuse to take what a backup has paused or stopped for what is not well."""
    names = [replica.name for replica in seen.replicas if replica.id in seen.still]
    if names:
        raise EngineError(
            place,
            f"a backup is at work, and holds {', '.join(names)} still",
            "type the command again when it has ended",
        )


def _check_upstreams(wanted: Mapping[str, Service], seen: Observation) -> None:
    """Refuse that a service behind nginx stops saying its port: nginx would ask old replicas."""
    for name in seen.upstreams:
        service = wanted.get(name)
        if service and service.upstream is None and not service.private:
            raise ComposeError(
                f"services.{name}",
                "nginx sends requests to it, and it no longer says on which port",
                "put its `expose` back, and a network that nginx is on; or, where nginx no longer"
                " sends to it, write `x-upstream: false`",
            )


def _check_ports(place: str, wanted: Mapping[str, Service], seen: Observation) -> None:
    """Refuse a port that something else has: what serves would be stopped before it is found out.

    Where Docker runs without its userland proxy, what it publishes cannot be seen here. While
    another run is at work, its containers may come and go in the middle of a look.
    """
    for service in wanted.values() if seen.lock is None else ():
        for mine in service.publishes:
            if any(_meet(mine, theirs) for theirs in seen.taken):
                name = "nginx" if service.edge else service.name
                port = mine.removeprefix(":")
                raise EngineError(
                    place,
                    f"port {port}, which {name} is to publish, is taken there",
                    "free it (`ss -ltnp` there says who has it), or publish another one",
                )


def _meet(one: str, other: str) -> bool:
    """Whether two sockets, `address:port` or `:port`, cannot be there at once."""
    (address, _, port), (its_address, _, its_port) = one.rpartition(":"), other.rpartition(":")
    return port == its_port and (address == its_address or not (address and its_address))


def known_pins(seen: Observation) -> dict[str, str]:
    """Return the digests that stay: those of the current release, and the running edge's image.

    A tag that moved on in the registry must not touch a database behind the user's back.
    """
    current = current_release(seen)
    pins = dict(current.images) if current else {}
    for edge in seen.of(EDGE):
        pins[EDGE] = edge.image
    return pins


def choose_release(seen: Observation, name: str | None) -> Release:
    """Return the release called `name`; without a name, the one before the current one."""
    recorded = releases_of(seen)
    if name:
        found = [
            release for release in recorded if release.id.startswith(name) or release.tag == name
        ]
        if not found:
            known = ", ".join(release.id for release in recorded) or "none"
            raise SettingsError("--to", f"there is no release {name!r}", f"recorded are: {known}")
        return found[0]
    current = current_release(seen)
    older = [
        r for r in recorded if current and (r.created_at, r.id) < (current.created_at, current.id)
    ]
    if not older:
        raise SlipwayError(
            "rollback",
            "there is no earlier release on the server",
            "look at `inv releases`; deploy an older version with `inv deploy --tag`",
        )
    return older[0]


def scaled(release: Release, replicas: Mapping[str, int]) -> Release:
    """Return `release` with other numbers of replicas. Raises `SettingsError`."""
    services = dict(release.services)
    for name, number in replicas.items():
        if name not in services:
            raise SettingsError("scale", f"there is no service {name!r}", _services(services))
        if not services[name].rolls or services[name].proxy:
            why = services[name].why or "one nginx serves at a time"
            raise SettingsError(
                "scale", f"{name} cannot be scaled: {why}", "scale the others, or mend that"
            )
        services[name] = dataclasses.replace(services[name], replicas=number)
    return dataclasses.replace(release, services=services)


def recorded_current(seen: Observation) -> Release:
    """Return the current release. Raises `SlipwayError` where nothing was ever deployed."""
    record = seen.releases.get(seen.current)
    if record is None:
        raise SlipwayError("release", "nothing is deployed here yet", "run `inv deploy` first")
    return release_from(record)


def _services(services: Mapping[str, Service]) -> str:
    return f"the services are: {', '.join(services)}"


def _is_done(wanted: Release, plan: Plan, seen: Observation) -> bool:
    """Whether everything is as wanted, and recorded, and no run was cut off."""
    current = current_release(seen)
    same = current is not None and current.services == wanted.services
    return plan.empty and same and seen.lock is None and interrupted_run(seen.journal) is None


def _never_still(target: Target) -> Changed:
    return Changed(target.host.name, "other runs keep changing it", "try again when they are done")


def _pull(
    target: Target, images: Sequence[str], report: Report, timings: Timings
) -> Mapping[str, str]:
    with timed(report, timings, "pull"):
        return target.engine.pull(images, report.say)
