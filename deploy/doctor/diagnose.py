"""From what was seen to what is wrong and what to do: the usual causes, one function each. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.doctor.facts import Container, Facts
from deploy.doctor.needs import Need

LEAST_DISK, LEAST_MEMORY = 1 << 30, 128 << 20  # bytes
LEAST_SHARE = 0.03  # of a disk, and of its inodes
CLOCK = 30.0  # seconds that a machine's clock may differ from ours
SOON = 14 * 86_400  # seconds before a certificate ends, in which it should have been renewed
_NO_PROGRAM, _NO_RIGHT = 127, 126
_GIB = 1 << 30
_KILLED = 137
_ENDED = frozenset({"exited", "dead", "restarting", "created"})
_CODES = {
    _NO_RIGHT: "its command may not be run",
    _NO_PROGRAM: "its command is not in the image",
    _KILLED: "it was killed",
    139: "it crashed in native code",
}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: where, what, what to do, and what was seen of it.

    `pressing` tells that the app suffers from it now.
    """

    place: str
    wrong: str
    remedy: str
    evidence: str = ""
    pressing: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}. {self.remedy}."


@dataclass(frozen=True)
class Case:
    """What was seen, and what is wanted: services, who needs whom, ports of the machine.

    `jobs` are the services that are to end; `here` is our own clock; `start` is the command that
    brings a missing service up.
    """

    facts: Facts
    services: Sequence[str]
    needs: Sequence[Need]
    ports: Mapping[int, str]
    here: float
    jobs: frozenset[str] = frozenset()
    start: str = "inv deploy"

    def of(self, service: str) -> list[Container]:
        """Return the containers of a service."""
        return [found for found in self.facts.containers if found.service == service]

    def runs(self, service: str) -> bool:
        """Whether a container of a service runs."""
        return any(container.status == "running" for container in self.of(service))


def diagnose(case: Case) -> list[Finding]:
    """Return what is wrong, the cause before what follows from it."""
    if case.facts.docker:
        return [_docker(case.facts.docker), *_machine(case)]
    causes: tuple[Callable[[Case], Iterator[Finding]], ...] = (
        _machine,
        _port_conflicts,
        _missing,
        _ended,
        _unhealthy,
        _restarted,
        _unreachable,
        _nameless,
        _certificate,
        _answer,
    )
    found = [finding for cause in causes for finding in cause(case)]
    return sorted(found, key=lambda finding: not finding.pressing)


def _docker(why: str) -> Finding:
    denied = "permission denied" in why.lower()
    remedy = "put the user into the group docker" if denied else "start it: systemctl start docker"
    return Finding("docker", f"it does not answer: {why or 'it is not installed'}", remedy)


def _machine(case: Case) -> Iterator[Finding]:
    facts = case.facts
    free, total = facts.disk
    if 0 <= free < max(LEAST_DISK, LEAST_SHARE * total):
        wrong = f"{free / _GIB:.1f} of {total / _GIB:.0f} GiB are free"
        yield Finding("disk", wrong, "remove what is not used: docker image prune --all")
    free, total = facts.inodes
    if 0 <= free < LEAST_SHARE * total:
        yield Finding("disk", f"{free} of {total} inodes are free", "remove small files, old logs")
    free, total = facts.memory
    if 0 <= free < LEAST_MEMORY:
        wrong = f"{free >> 20} of {total >> 20} MiB of memory are available"
        yield Finding("memory", wrong, "run fewer replicas, or take a larger machine")
    away = facts.now - case.here
    if facts.now >= 0 and abs(away) > CLOCK:
        wrong = f"it is {abs(away):.0f} s {'ahead' if away > 0 else 'behind'}"
        remedy = "set it, and have it kept: timedatectl set-ntp true"
        yield Finding("clock", wrong, remedy)
    elif facts.synchronized == "no":
        remedy = "timedatectl set-ntp true"
        yield Finding("clock", "nobody keeps it right", remedy, pressing=False)


def _port_conflicts(case: Case) -> Iterator[Finding]:
    own = {f"container {container.name}" for container in case.facts.containers}
    for port, service in case.ports.items():
        owner = case.facts.owners.get(port)
        if owner and owner not in own and not case.runs(service):
            remedy = f"stop it, or publish another port of {service}"
            yield Finding(f"port {port}", f"{owner} has it, and {service} wants it", remedy)


def _missing(case: Case) -> Iterator[Finding]:
    missing = [name for name in case.services if not case.of(name)]
    if not case.facts.containers:
        yield Finding("containers", "there are none of this app", f"start it: `{case.start}`")
    else:
        for name in missing:
            yield Finding(name, "it has no container", f"start it: `{case.start}`")


def _ended(case: Case) -> Iterator[Finding]:
    for container in case.facts.containers:
        if container.out_of_memory:
            limit = f"its limit of {container.memory >> 20} MiB" if container.memory else "memory"
            yield Finding(
                container.name,
                f"the kernel killed it: it used more than {limit}",
                "raise deploy.resources.limits.memory, or let it use less",
                container.log,
            )
        elif container.status in _ENDED and not _done(container, case.jobs):
            yield _not_running(container, case.start)


def _done(container: Container, jobs: frozenset[str]) -> bool:
    """Whether it has ended well, as it was to."""
    return container.service in jobs and not container.exit_code and not container.error


def _not_running(container: Container, start: str) -> Finding:
    if container.error:
        wrong = f"Docker cannot start it: {container.error.strip().splitlines()[-1]}"
        return Finding(container.name, wrong, f"mend that, then `{start}`", container.log)
    wrong = f"it does not run: exit code {container.exit_code}"
    if container.restarts:
        wrong += f", restarted {container.restarts} times"
    why = _CODES.get(container.exit_code, f"see what it said last; `{start}` starts it")
    return Finding(container.name, wrong, why, container.log)


def _unhealthy(case: Case) -> Iterator[Finding]:
    for container in case.facts.containers:
        if container.status == "running" and container.health == "unhealthy":
            checked = f"its health check says: {container.checked}" if container.checked else ""
            evidence = "\n".join(filter(None, (checked, container.log)))
            remedy = "mend what the check names; its log is below"
            yield Finding(container.name, "it runs, and is unhealthy", remedy, evidence)


def _restarted(case: Case) -> Iterator[Finding]:
    for container in case.facts.containers:
        well = container.status == "running" and container.health != "unhealthy"
        if well and container.restarts and not container.out_of_memory:
            wrong = f"it runs now, and was restarted {container.restarts} times"
            remedy = "see what it said before it ended"
            yield Finding(container.name, wrong, remedy, container.log, pressing=False)


def _unreachable(case: Case) -> Iterator[Finding]:
    for (service, port), answers in case.facts.ports.items():
        if answers is False:
            users = sorted({need.source for need in case.needs if need.target == service})
            wrong = f"nothing answers on its port {port}, which {', '.join(users)} needs"
            yield Finding(service, wrong, f"see `inv logs --service {service}`")


def _nameless(case: Case) -> Iterator[Finding]:
    for (source, target), found in case.facts.names.items():
        if found is not False or not case.runs(target):
            continue
        mine, theirs = (_networks(case, name) for name in (source, target))
        if mine & theirs:
            remedy = f"Docker's DNS fails: restart {source}; then look at /etc/resolv.conf in it"
        else:
            remedy = f"they share no network: put both on one under `networks` of {source}"
        yield Finding(source, f"it cannot find {target} by its name", remedy)


def _networks(case: Case, service: str) -> frozenset[str]:
    return frozenset().union(*(container.networks for container in case.of(service)))


def _certificate(case: Case) -> Iterator[Finding]:
    facts = case.facts
    left = facts.expires - facts.now
    if facts.expires >= 0 and left < 0:
        wrong = f"it has ended {-left / 86_400:.0f} days ago"
        yield Finding("certificate", wrong, "renew it, then reload nginx")
    elif facts.expires >= 0 and left < SOON:
        wrong = f"it ends in {left / 86_400:.0f} days"
        yield Finding("certificate", wrong, "see why it was not renewed", pressing=False)
    if facts.trust and not facts.trust.startswith("ok"):
        remedy = "take one of an authority that your users know, with its whole chain"
        yield Finding("certificate", facts.trust.rstrip("."), remedy, pressing=False)


def _answer(case: Case) -> Iterator[Finding]:
    answer = case.facts.answer
    if answer and not answer.startswith("2"):
        status = "nothing" if answer == "000" else answer
        remedy = "see the findings above, and `inv logs --service nginx`"
        yield Finding("nginx", f"its url answers {status}", remedy)
