"""The steps a plan is made of: each says what it is in one line, and how it is done.

A step is idempotent: it may have been done already, whole or in part, by a run that died.
"""

import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from deploy.engine.base import Replica, Scale, Upstream
from deploy.host import Run
from deploy.proxy.upstream import Server, render_awaited, render_settled, render_switched
from deploy.rollout.site import Site


class Step(ABC):
    """One step of a plan."""

    harmless: ClassVar[bool] = False
    """Whether the containers that serve are the same before and after."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What it does, in a few words."""

    @property
    def services(self) -> tuple[str, ...]:
        """The services it acts on."""
        return ()

    @property
    def lasting(self) -> str:
        """What no undoing takes back."""
        return ""

    @abstractmethod
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
class Backup(Step):
    """Take a snapshot: a callable, so that this room need not know how. It returns the id."""

    harmless: ClassVar[bool] = True

    take: Callable[[], str]

    @property
    def title(self) -> str:
        """What it does."""
        return "back up"

    def do(self, site: Site) -> None:
        """Take it and remember its id for the release."""
        site.backup = self.take()


@dataclass(frozen=True)
class PutBack(Step):
    """Let restored data take the place of what serves: a callable, as this room knows no data."""

    swap: Callable[[Run], None]

    @property
    def title(self) -> str:
        """What it does."""
        return "swap the restored data in"

    @property
    def lasting(self) -> str:
        """What no undoing takes back."""
        return "the swap of data"

    def do(self, site: Site) -> None:
        """Swap it in."""
        self.swap(site.run)


@dataclass(frozen=True)
class Migrate(Step):
    """Run the migration once, in a one-off container of the new image."""

    harmless: ClassVar[bool] = True

    service: str
    argv: tuple[str, ...]
    timeout: float

    @property
    def title(self) -> str:
        """What it does."""
        return f"migrate: {' '.join(self.argv)} (once, in a new {self.service} container)"

    @property
    def services(self) -> tuple[str, ...]:
        """The services it acts on."""
        return (self.service,)

    @property
    def lasting(self) -> str:
        """What no undoing takes back."""
        return "the migration"

    def do(self, site: Site) -> None:
        """Run it."""
        site.engine.migrate(
            site.run, site.release, self.service, self.argv, timeout=self.timeout, watch=site.say
        )


@dataclass(frozen=True)
class Start(Step):
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
        """The services it acts on."""
        return tuple(scale.service for scale in self.scales)

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
class Switch(Step):
    """Send traffic to the new replicas, rehearsed before and proven after."""

    swaps: tuple[Swap, ...]

    @property
    def title(self) -> str:
        """What it does."""
        return f"switch nginx to {_names(self.swaps)}"

    @property
    def services(self) -> tuple[str, ...]:
        """The services it acts on."""
        return tuple(swap.service for swap in self.swaps)

    def do(self, site: Site) -> None:
        """Rehearse, place, reload, prove."""
        _switch(site, self.swaps, site.front())


@dataclass(frozen=True)
class Rehearse(Step):
    """Ask a copy of an nginx that is new itself, before it starts beside the old one.

    It finds the addresses of what serves beside the names: a new nginx has no answer from DNS in
    its first moment, and would answer 502.
    """

    harmless: ClassVar[bool] = True

    standing: tuple[Swap, ...]

    @property
    def title(self) -> str:
        """What it does."""
        return "rehearse the new nginx"

    def do(self, site: Site) -> None:
        """Rehearse and place; the nginx that runs is not told."""
        _switch(site, self.standing, [])


@dataclass(frozen=True)
class Introduce(Step):
    """Give nginx a file for each upstream that is new, before its configuration names it."""

    harmless: ClassVar[bool] = True

    upstreams: Mapping[str, Upstream]

    @property
    def title(self) -> str:
        """What it does."""
        return f"tell nginx that {', '.join(self.upstreams)} will come"

    @property
    def services(self) -> tuple[str, ...]:
        """The services it acts on."""
        return tuple(self.upstreams)

    def do(self, site: Site) -> None:
        """Place files without a server, and reload."""
        texts = {
            f"{name}.conf": render_awaited(name, dataclasses.asdict(upstream))
            for name, upstream in self.upstreams.items()
        }
        site.proxy.drain(site.run, texts, names=[], ids=site.front(), seconds=0, watch=site.say)


@dataclass(frozen=True)
class Watch(Step):
    """See that the new replicas stay well for a while, with the old ones still there."""

    harmless: ClassVar[bool] = True

    seconds: float
    watched: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it does."""
        if not self.seconds:
            return f"prove {', '.join(self.watched)} once more"
        return f"watch {', '.join(self.watched)} for {self.seconds:g} s"

    @property
    def services(self) -> tuple[str, ...]:
        """The services it acts on."""
        return self.watched

    def do(self, site: Site) -> None:
        """Watch."""
        replicas = {
            replica.id: replica.restarts
            for name in self.watched
            for replica in site.running(name, site.services[name].definition)
        }
        site.proxy.watch(site.run, replicas, site.front(), self.seconds)


@dataclass(frozen=True)
class Drain(Step):
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
        """The services it acts on."""
        return tuple(swap.service for swap in self.swaps)

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
class Stop(Step):
    """Stop and remove containers by id."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    grace: float
    keep_volumes: bool = False

    @property
    def title(self) -> str:
        """What it does."""
        return f"stop {', '.join(self.names)}"

    def do(self, site: Site) -> None:
        """Stop them."""
        site.engine.stop(site.run, self.ids, self.grace, keep_volumes=self.keep_volumes)
        site.forget(self.ids)


@dataclass(frozen=True)
class Clear(Step):
    """Remove containers that do not run, by id; one that runs by now is left as it is."""

    harmless: ClassVar[bool] = True

    ids: tuple[str, ...]
    names: tuple[str, ...]
    keep_volumes: bool = False

    @property
    def title(self) -> str:
        """What it does."""
        return f"remove {', '.join(self.names)}, no longer running"

    def do(self, site: Site) -> None:
        """Remove them. Raises `Changed` where Docker has started one meanwhile."""
        site.engine.clear(site.run, self.ids, keep_volumes=self.keep_volumes)
        site.forget(self.ids)


@dataclass(frozen=True)
class Pause(Step):
    """Wait between two batches."""

    harmless: ClassVar[bool] = True

    seconds: float

    @property
    def title(self) -> str:
        """What it does."""
        return f"wait {self.seconds:g} s before the next batch"

    def do(self, site: Site) -> None:
        """Wait."""
        site.say(f"the next batch starts in {self.seconds:g} s")
        time.sleep(self.seconds)


def _switch(site: Site, swaps: Sequence[Swap], front: Sequence[str]) -> None:
    texts, count = {}, 1
    for swap in swaps:
        new, old = swap.servers(site)
        texts[f"{swap.service}.conf"] = render_switched(swap.service, swap.options(), new, old)
        count = max(count, len(new) + 1)
    compose_file = site.engine.compose_file(site.release)
    site.proxy.switch(site.run, compose_file, texts, ids=front, count=count, watch=site.say)


def _names(swaps: Sequence[Swap]) -> str:
    return ", ".join(swap.service for swap in swaps)


def remains(begun: Sequence[Step], *, cut_off: bool) -> list[str]:
    """Return what no undoing takes back of the steps `begun`, of which the last did not end well.

    `cut_off` says that it is not known how the last one ended.
    """
    left = [f"{step.lasting} has run and is not undone" for step in begun[:-1] if step.lasting]
    if cut_off:
        left += [f"{step.lasting} may have run" for step in begun[-1:] if step.lasting]
    return left
