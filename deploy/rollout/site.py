"""Where the steps of a run act, and what it knows of the replicas there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deploy.engine.base import Engine, Replica, Service
from deploy.host import Run
from deploy.proxy.nginx import Nginx


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
    say: Callable[[str], None]
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
        """Return the known replicas of a service that serve, of one definition where given."""
        return [
            replica
            for replica in self.replicas.values()
            if replica.service == service
            and replica.serving
            and definition in {"", replica.definition}
        ]

    def front(self) -> list[str]:
        """Return the ids of the nginx containers that run."""
        return front(self.services, self.replicas.values())


def front(services: Mapping[str, Service], replicas: Iterable[Replica]) -> list[str]:
    """Return the ids of the nginx containers that run, also of one that is not well."""
    names = {service.name for service in services.values() if service.proxy}
    return [replica.id for replica in replicas if replica.service in names and replica.running]
