"""What the services of a Compose document need of each other. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.engine.compose.services import image_name

# Where these answer unless told otherwise, by the name of the image.
_PORTS = {
    "postgres": 5432,
    "postgis": 5432,
    "timescaledb": 5432,
    "pgvector": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "percona": 3306,
    "redis": 6379,
    "valkey": 6379,
    "mongo": 27017,
    "chroma": 8000,
    "ollama": 11434,
    "rabbitmq": 5672,
}


@dataclass(frozen=True)
class Need:
    """A service that needs another one, which should answer on `port` of its container."""

    source: str
    target: str
    port: int

    def argument(self) -> str:
        """Return it as examine.sh takes it."""
        return f"{self.source}:{self.target}:{self.port}"


def wanted(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a Compose document without the services of which no replica is wanted."""
    there = {name: each for name, each in document["services"].items() if _replicas(each) != 0}
    return {**document, "services": there}


def _replicas(service: Mapping[str, Any]) -> int:
    return int((service.get("deploy") or {}).get("replicas", service.get("scale", 1)))


def needs(document: Mapping[str, Any]) -> tuple[Need, ...]:
    """Return who needs whom, by `depends_on`; a target without a known port is left out."""
    return tuple(_needs(document["services"]))


def _needs(services: Mapping[str, Any]) -> Iterator[Need]:
    for source, service in services.items():
        for target in service.get("depends_on", {}):
            port = _port_of(services.get(target, {}))
            if port:
                yield Need(source, target, port)


def _port_of(service: Mapping[str, Any]) -> int | None:
    exposed = [str(port).partition("/")[0] for port in service.get("expose", [])]
    if exposed and exposed[0].isdigit():
        return int(exposed[0])
    return _PORTS.get(image_name(service.get("image", "")))


def jobs(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the services that are to end: others wait for `service_completed_successfully`."""
    return frozenset(
        target
        for service in document["services"].values()
        for target, how in service.get("depends_on", {}).items()
        if (how or {}).get("condition") == "service_completed_successfully"
    )


def published(document: Mapping[str, Any]) -> dict[int, str]:
    """Return which service is to have which TCP port of the machine."""
    return {
        int(port["published"]): name
        for name, service in document["services"].items()
        for port in service.get("ports", [])
        if str(port.get("published", "")).isdigit() and port.get("protocol", "tcp") == "tcp"
    }
