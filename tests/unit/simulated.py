"""A server in memory: it answers the scripts that Slipway sends, and keeps the promises in sight.

It stands where a real machine would: behind a `RecordingHost`. So what is proven with it is proven
for the plan, the steps, the engine and the proxy together, down to the arguments of each script.
"""

import io
import json
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

from deploy.engine.base import Observation, Service
from deploy.engine.compose.engine import ComposeEngine
from deploy.host import Command, Result, Run
from deploy.host.recording import RecordingHost
from deploy.proxy.nginx import Nginx
from deploy.rollout.plan import Plan
from deploy.rollout.release import Release, release_from
from deploy.rollout.run import Target
from deploy.rollout.site import Site
from deploy.rollout.steps import Pause

ROOT = "/opt/app/test"
NETWORK = "app-test_default"
RUN = Run(ROOT, "run1")
Services = Mapping[str, Service]


class BrokenPromiseError(AssertionError):
    """A step did what must never happen."""


@dataclass(eq=False)
class Container:
    """One container. `home` is the network namespace it lives in: its own, or its edge's."""

    id: str
    service: str
    number: int
    definition: str
    state: str = "running"
    health: str = "healthy"
    restarts: int = 0
    home: str = ""

    @property
    def name(self) -> str:
        return f"app-test-{self.service}-{self.number}"

    @property
    def address(self) -> str:
        return f"10.0.{self.id[1:]}" if self.state == "running" else ""

    @property
    def serving(self) -> bool:
        return self.state == "running" and self.health != "unhealthy"

    def line(self) -> str:
        found = {
            "id": self.id,
            "name": f"/{self.name}",
            "service": self.service,
            "definition": self.definition,
            "state": self.state,
            "health": self.health,
            "image": "",
            "restarts": self.restarts,
            "started_at": "",
            "networks": {NETWORK: {"IPAddress": self.address}},
        }
        return f"container {json.dumps(found)}"


@dataclass
class Server:
    """Containers, upstream files and releases of one environment.

    `crash` tells which definitions crash when they are started. `wanted` is what the plan that is
    carried out wants; what it does not want any more, and what is `leaving` because only one of two
    releases has it, may go while nginx still names it. `damaged` takes the releases' files away.
    """

    containers: list[Container] = field(default_factory=list)
    upstreams: dict[str, str] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    compose: dict[str, Services] = field(default_factory=dict)
    current: str = ""
    crash: frozenset[str] = frozenset()
    touched: set[str] = field(default_factory=set)
    created: int = 1000
    journal: list[str] = field(default_factory=list)
    wanted: Services = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    damaged: bool = False

    # --- what Slipway asks of it --------------------------------------------------------------

    def answer(self, command: Command) -> Result:
        """Answer one script as the real one would."""
        scripts: Mapping[str, Callable[[Command], Result]] = {
            "observe": self._observe,
            "pull": lambda _: Result(0),
            "whole": lambda _: Result(32 * self.damaged, b"", b"releases/r1/compose.yaml"),
            "lock": lambda _: Result(0, b"claimed\n"),
            "migrate": lambda _: Result(45 * ("migration" in self.crash), b"", b"syntax error"),
            "catch_up": lambda _: Result(0),
            "start": self._start,
            "stop": self._stop,
            "clear": self._clear,
            "switch": self._switch,
            "drain": self._drain,
            "watch": self._watch,
            "record": self._record,
        }
        return scripts[command.name](command)

    def _observe(self, _: Command) -> Result:
        lines = ["server 27.5 6.8 2.32 99999999 1700000000"]
        lines += [container.line() for container in self.containers]
        lines += [f"stamp {self.current}:{len(self.journal)}", f"current {self.current}"]
        lines += [f"release {release.to_json()}" for release in self.releases.values()]
        lines += [f"upstream {name} {text}" for name, text in self._first_lines()]
        return Result(0, "\n".join(lines).encode())

    def _start(self, command: Command) -> Result:
        _, file, mode, _, _, *specs = command.argv[7:]
        services = self._use(file)
        scales = [spec.split(":") for spec in specs]
        before = {container.id: container.restarts for container in self.containers}
        for name, total, _, definition, _ in sorted(scales, key=lambda s: not services[s[0]].edge):
            _expect(services[name].definition == definition, f"{name} has another definition")
            if mode == "recreate":
                self._recreate(services[name], int(total))
            else:
                self._up(services[name], int(total))
        found = []
        for name, _, wanted, definition, tolerated in scales:
            there = [c for c in self._of(name) if c.definition == definition]
            new = [c for c in there if c.id not in before]
            bad = [c for c in new if not c.serving]
            if len(bad) > int(tolerated):
                return Result(41, b"", f"{name} crashed".encode())
            if len([c for c in there if c.serving]) < int(wanted) - int(tolerated):
                return Result(42, b"", f"{name}: not well".encode())
            found += there
        return Result(0, "\n".join(container.line() for container in found).encode())

    def _stop(self, command: Command) -> Result:
        _, _, *ids = command.argv[7:]
        for container in [c for c in self.containers if c.id in ids]:
            self._promise_nobody_is_sent_to(container)
            self._remove(container)
        return Result(0)

    def _clear(self, command: Command) -> Result:
        _, *ids = command.argv[7:]
        for container in [c for c in self.containers if c.id in ids]:
            if container.state == "running":
                return Result(47, b"", b"a container that was to be removed runs by now")
            self._remove(container)
        return Result(0)

    def _use(self, file: str) -> Services:
        """Return the services of a Compose file; from now on they are what is wanted."""
        self.wanted = self.compose[file.split("/")[-2]]
        return self.wanted

    def _switch(self, command: Command) -> Result:
        self._use(command.argv[8])
        for name, text in _files(command):
            known = {c.address for c in self.containers if c.state == "running"}
            for address in re.findall(r"server (\S*):\d+ max_fails", text):
                _expect(address in known, f"nobody has the address {address!r} of {name}")
            names = re.findall(r"server (\S*):\d+ resolve", text)
            for each in names:
                _expect(self._resolves(each), f"{each} does not resolve")
            _expect(bool(names), f"{name} has no server")
        self._promise_nginx_knows({**self.upstreams, **dict(_files(command))}, "rehearsal")
        self._place(command)
        return Result(0)

    def _drain(self, command: Command) -> Result:
        names = command.argv[8].split()
        fronts = command.argv[9:]
        if fronts and not all(self._resolves(name) for name in names):
            return Result(54, b"", " ".join(names).encode())
        for name, text in _files(command):
            _expect("server " in text, f"{name} has no server")
        self._place(command)
        return Result(0)

    def _watch(self, command: Command) -> Result:
        ids = [word.partition(":")[0] for word in command.argv[9].split()]
        bad = [c for c in self.containers if c.id in ids and not c.serving]
        return Result(41, b"", b"crashed") if bad or not ids else Result(0)

    def _record(self, command: Command) -> Result:
        release = command.argv[7]
        if release not in {"-", "keep"}:
            self.releases[release] = release_from(json.loads(command.stdin))
            self.current = release
            services = self.releases[release].services
            self.upstreams = {k: v for k, v in self.upstreams.items() if k in services}
        return Result(0)

    # --- what Compose does --------------------------------------------------------------------

    def _up(self, service: Service, total: int) -> None:
        """`up --no-recreate --scale`: the highest numbers go, what is stopped is started again."""
        there = sorted(self._of(service.name), key=lambda container: container.number)
        for container in there[total:]:
            self._promise_nobody_is_sent_to(container)
            self._remove(container)
        for container in there[:total]:
            if container.state != "running":
                self.touched.add(service.name)
                self._bring_up(container)
        for _ in range(total - len(there)):
            self._create(service, max((c.number for c in self._of(service.name)), default=0) + 1)

    def _recreate(self, service: Service, total: int) -> None:
        """`up --force-recreate --scale`: each is replaced under its own number."""
        there = sorted(self._of(service.name), key=lambda container: container.number)
        for container in there:
            self._remove(container)
        numbers = [container.number for container in there][:total]
        while len(numbers) < total:
            numbers.append(max(numbers, default=0) + 1)
        for number in numbers:
            self._create(service, number)

    def _create(self, service: Service, number: int) -> None:
        self.created += 1
        container = Container(f"c{self.created}", service.name, number, service.definition)
        self.containers.append(container)
        self.touched.add(service.name)
        self._bring_up(container, proxy=service.proxy)

    def _bring_up(self, container: Container, *, proxy: bool = False) -> None:
        crashes = container.definition in self.crash
        container.state = "restarting" if crashes else "running"
        container.health = "healthy"
        container.restarts += crashes
        if container.service == "edge":  # a new network namespace, even in the same container
            self.created += 1
            container.home = f"net{self.created}"
        elif proxy:
            self._promise_nginx_knows(self.upstreams, "new nginx")
            if [front for front in self._front() if front is not container]:
                self._promise_nginx_has_addresses()
            container.home = next((c.home for c in self._of("edge")), "")

    def _remove(self, container: Container) -> None:
        self.containers.remove(container)
        self.touched.add(container.service)

    # --- what must be true --------------------------------------------------------------------

    def _promise_nobody_is_sent_to(self, container: Container) -> None:
        service = self.wanted.get(container.service)
        if not (service and service.upstream and self._front()):
            return
        if {service.name, "nginx"} & self.leaving:
            return
        text = self.upstreams.get(container.service, "")
        named = re.search(rf"server ({re.escape(container.name)}|{container.address}):", text)
        if container.serving and named:
            raise BrokenPromiseError(f"{container.name} is stopped while nginx sends requests")

    def serving(self) -> dict[str, int]:
        """Return how many replicas serve, by service."""
        return {
            name: sum(container.serving for container in self._of(name))
            for name in {container.service for container in self.containers}
        }

    def reached(self) -> dict[str, int]:
        """Return how many serving replicas nginx sends requests to, by service."""
        return {
            name: bool(self._front())
            * sum(c.serving and f"server {c.name}:80 resolve max" in text for c in self._of(name))
            for name, text in self.upstreams.items()
        }

    def _front(self) -> list[Container]:
        return [container for container in self._of("nginx") if container.state == "running"]

    def _promise_nginx_knows(self, files: Mapping[str, str], what: str) -> None:
        """`nginx -t` refuses a configuration that names an upstream which is not there."""
        for name, service in self.wanted.items():
            _expect(not service.upstream or name in files, f"{what}: no upstream {name}")

    def _promise_nginx_has_addresses(self) -> None:
        """One that starts beside another takes requests before DNS has answered its first time."""
        for name, reached in self.reached().items():
            service = self.wanted.get(name)
            addresses = re.findall(r"server (\S+):\d+ max_fails", self.upstreams[name])
            known = [c for c in self._of(name) if c.serving and c.address in addresses]
            _expect(not (service and service.upstream and reached) or bool(known), f"no {name}")

    def _of(self, service: str) -> list[Container]:
        return [container for container in self.containers if container.service == service]

    def _resolves(self, name: str) -> bool:
        return any(c.name == name and c.state == "running" for c in self.containers)

    def _place(self, command: Command) -> None:
        self.upstreams.update(_files(command))

    def _first_lines(self) -> list[tuple[str, str]]:
        return [(name, text.partition("\n")[0]) for name, text in self.upstreams.items()]

    # --- how a test works with it -------------------------------------------------------------

    def engine(self) -> ComposeEngine:
        return ComposeEngine(RecordingHost(answer=self.answer), "app-test", ROOT)

    def observe(self) -> Observation:
        """Look at it as Slipway does."""
        return self.engine().observe()

    def ship(self, services: Services) -> Release:
        """Put the Compose file of a release with `services` in its place."""
        release = a_release(services)
        self.compose[release.id] = services
        return release

    def target(self) -> Target:
        engine = self.engine()
        return Target(engine.host, engine, Nginx(engine.host, "app-test", ""), ROOT, 5, 35.0)

    def steps(self, plan: Plan, services: Services) -> Sequence[Callable[[], None]]:
        """Return what carries `plan` out, step by step."""
        self.wanted = services
        release = self.ship(services)
        engine = self.engine()
        proxy = Nginx(engine.host, "app-test", "")
        site = Site(engine, proxy, RUN, release.id, services, lambda _: None)
        site.learn(self.observe().replicas)
        return [partial(step.do, site) for step in plan.steps if not isinstance(step, Pause)]


class Silent:
    """A report that nobody reads."""

    def begin(self, title: str) -> None: ...
    def say(self, line: str) -> None: ...
    def end(self, title: str, seconds: float, *, ok: bool) -> None: ...
    def note(self, text: str) -> None: ...


def a_release(services: Services) -> Release:
    """Return a release with `services`, called by what is in it."""
    text = json.dumps({name: asdict(service) for name, service in services.items()})
    return Release(f"r{hash(text)}", "app", "test", "abc", "v1", 1.0, "me", services)


def _files(command: Command) -> list[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(command.stdin)) as archive:
        return [
            (entry.name.removesuffix(".conf"), file.read().decode())
            for entry in archive
            if (file := archive.extractfile(entry))
        ]


def _expect(condition: bool, wrong: str) -> None:
    if not condition:
        raise BrokenPromiseError(wrong)
