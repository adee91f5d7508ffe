"""What an engine is asked for, and the values it speaks in. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.host import Run

NO_CHECK = ""  # the health of a replica without a health check
EDGE = "edge"  # the service that owns the ports, so that nginx itself can be replaced

Watch = Callable[[str], None]


@dataclass(frozen=True)
class UpdateConfig:
    """`deploy.update_config` of the Compose specification. Times in seconds.

    `parallelism` 0 means all at once. `failure_action` is rollback, pause or continue.
    """

    start_first: bool = False
    parallelism: int = 1
    delay: float = 0.0
    monitor: float = 5.0
    failure_action: str = "rollback"
    max_failure_ratio: float = 0.0


@dataclass(frozen=True)
class Upstream:
    """How nginx reaches a service: container `port` on `network` (its full name)."""

    port: int
    network: str
    balance: str = ""
    keepalive: int = 32


@dataclass(frozen=True)
class Service:
    """One service of a release.

    `definition` is a hash of all that makes a container differ: the image by digest, environment,
    mounts with the content of shipped files, networks, limits; not replicas, not update_config.
    `rolls` tells whether it can be replaced start-first; if not, `why` says what stands against it.
    `deadline` is how long a new replica may take to become healthy, `grace` how long it may take to
    stop, both in seconds. `private` says that nginx does not send to it, whatever it did before.
    `publishes` are TCP ports of the machine as `address:port`, `:port` on all addresses.
    """

    name: str
    image: str
    definition: str
    replicas: int = 1
    rolls: bool = False
    why: str = ""
    database: bool = False
    proxy: bool = False
    edge: bool = False
    checked: bool = False
    update: UpdateConfig = field(default_factory=UpdateConfig)
    depends_on: tuple[str, ...] = ()
    deadline: float = 60.0
    grace: float = 10.0
    upstream: Upstream | None = None
    private: bool = False
    publishes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replica:
    """One container of a service, as it was seen. `addresses` maps network name to address."""

    id: str
    name: str
    service: str
    definition: str
    state: str
    health: str = NO_CHECK
    image: str = ""
    restarts: int = 0
    started_at: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    publishes: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.state == "running"

    @property
    def serving(self) -> bool:
        """Whether it runs and is not known to be unhealthy; it may be starting still."""
        return self.running and self.health != "unhealthy"

    @property
    def starting(self) -> bool:
        """Whether its health check has not said yet that it is well."""
        return self.running and self.health == "starting"


@dataclass(frozen=True)
class LockSeen:
    """The lock of an environment as it was seen. `age` is seconds since its last heartbeat."""

    run: str
    owner: str
    reason: str
    since: float
    age: float
    abandoned: bool = False


@dataclass(frozen=True)
class Observation:
    """What one look at a machine found. `now` is the machine's own clock, seconds since 1970.

    `stamp` changes whenever something was written down there; `releases` are the records as JSON
    documents by id; `upstreams` maps a service to the description in its rendered file;
    `taken` are the TCP ports where something else than these replicas listens, as `address:port`;
    `still` are ids of containers that a backup, which is at work, has paused or stopped.
    """

    now: float
    docker: str
    compose: str
    kernel: str
    disk_free: int
    stamp: str
    current: str = ""
    releases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    replicas: tuple[Replica, ...] = ()
    upstreams: Mapping[str, str] = field(default_factory=dict)
    lock: LockSeen | None = None
    journal: tuple[Mapping[str, Any], ...] = ()
    taken: tuple[str, ...] = ()
    still: frozenset[str] = frozenset()

    def of(self, service: str) -> tuple[Replica, ...]:
        """Return the replicas of `service`, oldest first."""
        return tuple(replica for replica in self.replicas if replica.service == service)


@dataclass(frozen=True)
class Scale:
    """Bring `service` to `total` containers, `wanted` of which have `definition` and are well."""

    service: str
    total: int
    wanted: int
    definition: str
    deadline: float
    tolerated: int = 0


class Engine(Protocol):
    """Runs the containers of one app in one environment on one host."""

    def observe(self) -> Observation:
        """Look at everything in one round trip."""

    def pull(self, images: Sequence[str], watch: Watch) -> Mapping[str, str]:
        """Fetch `images`; return each with its digest."""

    def check(self, release: str) -> None:
        """See that the files of a recorded release are there. Raises `EngineError`."""

    def start(
        self,
        run: Run,
        release: str,
        scales: Sequence[Scale],
        watch: Watch,
        *,
        recreate: bool = False,
    ) -> tuple[Replica, ...]:
        """Start containers and wait until they are well; return those of the wanted definitions."""

    def stop(
        self, run: Run, ids: Sequence[str], grace: float, *, keep_volumes: bool = False
    ) -> None:
        """Stop and remove containers by id."""

    def clear(self, run: Run, ids: Sequence[str], *, keep_volumes: bool = False) -> None:
        """Remove containers that do not run, by id. Raises `Changed` where one runs by now."""

    def migrate(
        self,
        run: Run,
        release: str,
        service: str,
        argv: Sequence[str],
        *,
        timeout: float,
        watch: Watch,
    ) -> None:
        """Run a command once in a one-off container of a service."""

    def compose_file(self, release: str) -> str:
        """Return where a release's Compose file lies on the server."""
