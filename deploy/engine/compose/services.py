"""What a service of the Compose file asks for: how it rolls, how nginx reaches it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from deploy.engine.base import EDGE, Service, UpdateConfig, Upstream
from deploy.engine.compose.duration import seconds
from deploy.engine.compose.ports import is_address, published
from deploy.errors import ComposeError

REHEARSAL = "rehearsal"
DATABASES = frozenset(
    [
        "postgres",
        "postgresql",
        "postgis",
        "timescaledb",
        "pgvector",
        "mysql",
        "mariadb",
        "percona",
        "mongo",
        "redis",
        "valkey",
        "clickhouse",
        "cassandra",
        "elasticsearch",
        "opensearch",
        "influxdb",
        "couchdb",
        "neo4j",
        "chroma",
        "qdrant",
        "weaviate",
        "meilisearch",
        "rabbitmq",
        "etcd",
        "minio",
    ]
)
_SPARE = 15.0  # seconds that a health check may lag behind its own schedule
_UNCHECKED_DEADLINE = 60.0  # where the image brings its own health check, or has none
_BALANCES = ("", "least_conn", "ip_hash", "random")
_ACTIONS = ("rollback", "pause", "continue")

Document = Mapping[str, Any]


def proxy_of(document: Document) -> str | None:
    """Return the service that is the proxy: nginx with published ports, or `x-proxy: true`."""
    named = [name for name, service in document["services"].items() if service.get("x-proxy")]
    found = named or [
        name
        for name, service in document["services"].items()
        if service.get("ports") and image_name(service.get("image", "")).startswith("nginx")
    ]
    if len(found) > 1:
        raise ComposeError(
            f"services.{found[1]}",
            f"{' and '.join(found)} are both nginx with published ports",
            "say which one is the proxy with `x-proxy: true`, or publish ports from one only",
        )
    return found[0] if found else None


def check_services(document: Document, place: str) -> None:
    """Refuse what cannot be deployed. Raises `ComposeError`."""
    if not document.get("services"):
        raise ComposeError(place, "the Compose file has no services", "add one")
    for reserved in (EDGE, REHEARSAL):
        if reserved in document["services"]:
            raise ComposeError(
                f"services.{reserved}", "Slipway needs this name for itself", "rename the service"
            )
    for name, service in document["services"].items():
        action = _update_config(service).failure_action
        if action not in _ACTIONS:
            raise ComposeError(
                f"services.{name}.deploy.update_config.failure_action",
                f"{action!r} is unknown",
                f"choose one of: {', '.join(_ACTIONS)}",
            )
        for port in service.get("ports", []):
            if not is_address(port.get("host_ip", "")):
                raise ComposeError(
                    f"services.{name}.ports.host_ip",
                    f"{port['host_ip']!r} is no address",
                    'write one in numbers, such as "127.0.0.1"',
                )


def service_of(name: str, service: Document, document: Document, definition: str) -> Service:
    """Return the values of one rendered service; `document` is the Compose file it comes from."""
    proxy = proxy_of(document)
    origin = document["services"].get(name, {})
    update = _update_config(origin)
    why = _why_not_rolling(name, origin, update, is_proxy=name == proxy)
    health = service.get("healthcheck", {})
    checked = bool(health.get("test")) and not health.get("disable")
    deploy = origin.get("deploy", {})
    return Service(
        name=name,
        image=service["image"],
        definition=definition,
        replicas=int(deploy.get("replicas", origin.get("scale", 1))),
        rolls=not why,
        why=why,
        database=_holds_data(origin, update),
        proxy=name == proxy,
        edge=name == EDGE,
        checked=checked,
        update=update,
        depends_on=tuple(sorted(origin.get("depends_on", {}))),
        deadline=_deadline(health) if checked else _UNCHECKED_DEADLINE,
        grace=seconds(origin.get("stop_grace_period"), 1.0 if name == EDGE else 10.0),
        upstream=_upstream(name, origin, document, proxy),
        private=origin.get("x-upstream") is False,
        publishes=published(service),
    )


def image_name(reference: str) -> str:
    """Return the last part of an image reference, without tag and digest."""
    return reference.split("@", maxsplit=1)[0].rsplit("/", 1)[-1].split(":", maxsplit=1)[0]


def _update_config(service: Document) -> UpdateConfig:
    found = service.get("deploy", {}).get("update_config", {})
    default = UpdateConfig()
    return UpdateConfig(
        start_first=found.get("order") == "start-first",
        parallelism=int(found.get("parallelism", default.parallelism)),
        delay=seconds(found.get("delay"), default.delay),
        monitor=seconds(found.get("monitor"), default.monitor),
        failure_action=found.get("failure_action", default.failure_action),
        max_failure_ratio=float(found.get("max_failure_ratio", default.max_failure_ratio)),
    )


def _why_not_rolling(name: str, service: Document, update: UpdateConfig, *, is_proxy: bool) -> str:
    if name == EDGE:
        return "it owns the ports"
    if service.get("container_name"):
        return "it has a fixed container_name"
    if service.get("ports") and not is_proxy:
        return "it publishes a port"
    if not update.start_first:
        return "its deploy.update_config.order is not start-first"
    return ""


def _holds_data(service: Document, update: UpdateConfig) -> bool:
    if image_name(service.get("image", "")) in DATABASES:
        return True
    volumes = [mount for mount in service.get("volumes", []) if mount.get("type") == "volume"]
    return bool(volumes) and not update.start_first


def _deadline(health: Document) -> float:
    interval = seconds(health.get("interval"), 30.0)
    timeout = seconds(health.get("timeout"), 30.0)
    retries = int(health.get("retries", 3))
    return seconds(health.get("start_period"), 0.0) + (interval + timeout) * retries + _SPARE


def _upstream(
    name: str, service: Document, document: Document, proxy: str | None
) -> Upstream | None:
    tuning = service.get("x-upstream")
    if tuning is False:
        return None
    tuning = tuning or {}
    if not isinstance(tuning, dict):
        raise ComposeError(
            f"services.{name}.x-upstream",
            "it is no mapping",
            "write x-upstream: {port: 8000, balance: least_conn}",
        )
    unknown = set(tuning) - {"port", "balance", "keepalive"}
    if unknown:
        raise ComposeError(
            f"services.{name}.x-upstream",
            f"{min(unknown)!r} is unknown",
            "known here: port, balance, keepalive",
        )
    balance = tuning.get("balance", "")
    if balance not in _BALANCES:
        raise ComposeError(
            f"services.{name}.x-upstream.balance",
            f"{balance!r} is unknown",
            f"choose one of: {', '.join(_BALANCES[1:])}",
        )
    port = tuning.get("port") or next(iter(service.get("expose", [])), None)
    if proxy is None or name in {proxy, EDGE} or port is None:
        return None
    own = service.get("networks") or {"default": None}
    shared = [net for net in document["services"][proxy].get("networks", {}) if net in own]
    if not shared:
        return None
    return Upstream(
        port=_first_number(f"services.{name}.expose", port),
        network=document["networks"][shared[0]]["name"],
        balance=balance,
        keepalive=_first_number(
            f"services.{name}.x-upstream.keepalive", tuning.get("keepalive", 32)
        ),
    )


def _first_number(where: str, found: object) -> int:
    """Return the number of `8000`, `8000/tcp`, or the first one of `8000-8005`."""
    digits = re.match(r"\d+", str(found))
    if not digits:
        raise ComposeError(where, f"{found!r} is no number", 'write one, such as "8000"')
    return int(digits[0])
