"""The steps a plan is made of: each says what it is in one line, and how it is done.

A step is idempotent: it may have been done already, whole or in part, by a run that died.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from deploy.engine.base import Engine, Replica, Scale, Service, Upstream
from deploy.host import Run
from deploy.proxy.nginx import Nginx
from deploy.proxy.upstream import Server, render_awaited, render_settled, render_switched

Watcher = Callable[[str], None]


@dataclass
class Site:
    """Where steps act: one environment on one host, and the replicas known to be there.

    `release` is the id whose Compose file is used, `services` are its services.
    """

    engine: Engine
    proxy: Nginx
    run: Run
    release: str
    services: Mapping[str, Service]
    say: Watcher
    replicas: dict[str, Replica] = field(default_factory=dict)
    backup: str = ""

    def learn(self, replicas: Sequence[Replica]) -> None:
        """Remember replicas that were just seen."""
        self.replicas.update({replica.id: replica for replica in replicas})

    def forget(self, ids: Sequence[str]) -> None:
        """Forget replicas that are gone."""
        for gone in ids:
            self.replicas.pop(gone, None)

    def running(self, service: str, definition: str = "") -> list[Replica]:
        """Return the known running replicas of a service, of one definition where given."""
        return [
            replica
            for replica in self.replicas.values()
            if replica.service == service
            and replica.serving
            and definition in {"", replica.definition}
        ]

    def front(self) -> list[str]:
        """Return the ids of the nginx containers that run."""
        names = [service.name for service in self.services.values() if service.proxy]
        names = names or sorted({r.service for r in self.replicas.values() if r.service == "nginx"})
        return [replica.id for name in names for replica in self.running(name)]


class Step(Protocol):
    """One step of a plan."""

    @property
    def title(self) -> str:
        """What it does, in a few words."""

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""

    def do(self, site: Site) -> None:
        """Do it. Raises `SlipwayError`."""


@dataclass(frozen=True)
class Swap:
    """Whose traffic moves: from the replicas `leaving` to those of `definition`, and `keeping`."""

    service: str
    definition: str
    upstream: Upstream
    keeping: tuple[str, ...]
    leaving: tuple[str, ...]

    def servers(self, site: Site) -> tuple[list[Server], list[Server]]:
        """Return the servers that are to serve, and those that are leaving."""
        new = site.running(self.service, self.definition)
        new = [replica for replica in new if replica.id not in self.leaving]
        keeping = [site.replicas[i] for i in self.keeping if i in site.replicas]
        leaving = [site.replicas[i] for i in self.leaving if i in site.replicas]
        serving = {replica.id: replica for replica in (*new, *keeping)}
        return self._seen_by_nginx(serving.values()), self._seen_by_nginx(leaving)

    def options(self) -> dict[str, object]:
        """Return what nginx is told about the upstream."""
        return dataclasses.asdict(self.upstream)

    def _seen_by_nginx(self, replicas: Iterable[Replica]) -> list[Server]:
        network = self.upstream.network
        return [
            Server(replica.name, replica.addresses.get(network, ""))
            for replica in replicas
            if replica.running
        ]


@dataclass(frozen=True)
class Backup:
    """Take a snapshot: a callable, so that this room need not know how. It returns the id."""

    take: Callable[[], str]
    title: str = "back up"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return ()

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return True

    def do(self, site: Site) -> None:
        """Take it and remember its id for the release."""
        site.backup = self.take()


@dataclass(frozen=True)
class Migrate:
    """Run the migration once, in a one-off container of the new image."""

    service: str
    argv: tuple[str, ...]
    timeout: float

    @property
    def title(self) -> str:
        """What it does."""
        return f"migrate: {' '.join(self.argv)} (once, in a new {self.service} container)"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return (self.service,)

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return True

    def do(self, site: Site) -> None:
        """Run it."""
        site.engine.migrate(
            site.run, site.release, self.service, self.argv, timeout=self.timeout, watch=site.say
        )


@dataclass(frozen=True)
class Start:
    """Start replicas beside those that run, or recreate in place; wait until they are well."""

    scales: tuple[Scale, ...]
    recreate: bool = False

    @property
    def title(self) -> str:
        """What it does."""
        what = ", ".join(f"{scale.wanted} {scale.service}" for scale in self.scales)
        return f"{'recreate' if self.recreate else 'start'} {what} and wait until healthy"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return tuple(scale.service for scale in self.scales)

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return False

    def do(self, site: Site) -> None:
        """Start and wait."""
        found = site.engine.start(
            site.run, site.release, self.scales, site.say, recreate=self.recreate
        )
        if self.recreate:
            names = {scale.service for scale in self.scales}
            site.forget([r.id for r in site.replicas.values() if r.service in names])
        site.learn(found)


@dataclass(frozen=True)
class Switch:
    """Send traffic to the new replicas, rehearsed before and proven after.

    Without swaps it only rehearses: that is for an nginx that is new itself.
    """

    swaps: tuple[Swap, ...]

    @property
    def title(self) -> str:
        """What it does."""
        if not self.swaps:
            return "rehearse the new nginx"
        return f"switch nginx to {_names(self.swaps)}"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return tuple(swap.service for swap in self.swaps)

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return not self.swaps

    def do(self, site: Site) -> None:
        """Rehearse, place, reload, prove."""
        texts, count = {}, 1
        for swap in self.swaps:
            new, old = swap.servers(site)
            texts[f"{swap.service}.conf"] = render_switched(swap.service, swap.options(), new, old)
            count = max(count, len(new) + 1)
        compose_file = site.engine.compose_file(site.release)
        front = site.front() if self.swaps else []
        site.proxy.switch(site.run, compose_file, texts, ids=front, count=count, watch=site.say)


@dataclass(frozen=True)
class Introduce:
    """Give nginx a file for each upstream that is new, before its configuration names it."""

    upstreams: Mapping[str, Upstream]

    @property
    def title(self) -> str:
        """What it does."""
        return f"tell nginx that {', '.join(self.upstreams)} will come"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return tuple(self.upstreams)

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return True

    def do(self, site: Site) -> None:
        """Place files without a server, and reload."""
        texts = {
            f"{name}.conf": render_awaited(name, dataclasses.asdict(upstream))
            for name, upstream in self.upstreams.items()
        }
        site.proxy.drain(site.run, texts, names=[], ids=site.front(), seconds=0, watch=site.say)


@dataclass(frozen=True)
class Watch:
    """See that the new replicas stay well for a while, with the old ones still there."""

    seconds: float
    services: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it does."""
        if not self.seconds:
            return f"prove {', '.join(self.services)} once more"
        return f"watch {', '.join(self.services)} for {self.seconds:g} s"

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return True

    def do(self, site: Site) -> None:
        """Watch."""
        replicas = {
            replica.id: replica.restarts
            for name in self.services
            for replica in site.running(name, site.services[name].definition)
        }
        site.proxy.watch(site.run, replicas, site.front(), self.seconds)


@dataclass(frozen=True)
class Drain:
    """Let the workers that know the old replicas finish."""

    swaps: tuple[Swap, ...]
    seconds: float

    @property
    def title(self) -> str:
        """What it does."""
        leaving = [swap.service for swap in self.swaps if swap.leaving]
        if not leaving:
            return f"settle nginx on the names of {_names(self.swaps)}"
        return f"drain the old {', '.join(leaving)}"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return tuple(swap.service for swap in self.swaps)

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return False

    def do(self, site: Site) -> None:
        """Settle the upstreams on names and wait for the old workers."""
        texts, names = {}, []
        for swap in self.swaps:
            serving = [server.name for server in swap.servers(site)[0]]
            texts[f"{swap.service}.conf"] = render_settled(swap.service, swap.options(), serving)
            names += serving
        site.proxy.drain(
            site.run, texts, names=names, ids=site.front(), seconds=self.seconds, watch=site.say
        )


@dataclass(frozen=True)
class Stop:
    """Stop and remove containers by id."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    grace: float
    keep_volumes: bool = False

    @property
    def title(self) -> str:
        """What it does."""
        return f"stop {', '.join(self.names)}"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return ()

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return False

    def do(self, site: Site) -> None:
        """Stop them."""
        site.engine.stop(site.run, self.ids, self.grace, keep_volumes=self.keep_volumes)
        site.forget(self.ids)


@dataclass(frozen=True)
class Pause:
    """Wait between two batches."""

    seconds: float

    @property
    def title(self) -> str:
        """What it does."""
        return f"wait {self.seconds:g} s before the next batch"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services it acts on."""
        return ()

    @property
    def harmless(self) -> bool:
        """Whether the containers that serve are the same before and after."""
        return True

    def do(self, site: Site) -> None:
        """Wait."""
        site.say(f"the next batch starts in {self.seconds:g} s")
        time.sleep(self.seconds)


def _names(swaps: Sequence[Swap]) -> str:
    return ", ".join(swap.service for swap in swaps)
