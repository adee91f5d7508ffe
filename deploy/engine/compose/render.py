"""From the Compose model to what a release runs. Pure, but for reading the files that it ships.

What is changed, and why:
- images get their digest: a release always runs what was tested;
- files and folders of the checkout that are mounted travel with the release, by content;
- the proxy gives its ports to a container of their own, `edge`, that no deploy recreates, and runs
  in its network namespace, so that nginx itself is replaced start-first;
- `rehearsal`, started only for a moment, is a copy of the proxy that no user can reach;
- each service carries the hash of its definition as a label: that is how replicas are told apart.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from deploy.engine.base import EDGE, Service
from deploy.engine.compose.document import VALUE
from deploy.engine.compose.files import Shipment
from deploy.engine.compose.services import (
    REHEARSAL,
    check_services,
    proxy_of,
    service_of,
)
from deploy.errors import ComposeError

UPSTREAMS = "/etc/nginx/upstreams"  # where the proxy's own configuration includes them from
DEFINITION = "slipway.definition"  # the label with a replica's definition
_HERE_ONLY = ("build", "develop", "env_file", "profiles", "scale")  # means nothing on a server
_NO_DIFFERENCE = ("depends_on", "expose", "pull_policy", "deploy")  # does not shape a container
_EDGE_OWNS = (  # what Docker refuses on a container that lives in another one's network
    "ports",
    "expose",
    "networks",
    "hostname",
    "extra_hosts",
    "dns",
    "dns_search",
    "dns_opt",
    "mac_address",
    "links",
)
_TOP = ("configs", "secrets")  # of the whole document; a service names those that it is given
_SOCKET = "/var/run/docker.sock"
_WAKE = resources.files("deploy.engine.compose").joinpath("edge.sh").read_text(encoding="utf-8")
_MIGRATE_REQ = (5, 14)  # the Linux that has net.ipv4.tcp_migrate_req

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a release will live: Compose project, folder on the server, and where it comes from.

    `kernel` is the server's Linux version. With `wake`, the edge gets Docker's socket, to start an
    nginx that Docker left behind after a power cut (see edge.sh).
    """

    project: str
    root: str
    checkout: Path
    folder: Path
    kernel: str = ""
    wake: bool = True


@dataclass(frozen=True)
class Rendered:
    """The Compose document for the server, its services, and the files that travel along.

    `networks` are hashes, by which a change is seen: one that is in use cannot be changed.
    """

    document: Document
    services: Mapping[str, Service]
    shipment: Shipment
    networks: Mapping[str, str]


def render(document: Document, place: Place, pins: Mapping[str, str]) -> Rendered:
    """Return what `document` becomes on a server.

    `pins` maps image references to references with a digest; one that is not in there stays as it
    is. `pins[EDGE]` is the image that a running edge keeps. Raises `ComposeError`.
    """
    try:
        return _render(document, place, pins)
    except OSError as error:
        raise ComposeError(
            str(error.filename or place.folder),
            f"it cannot be read: {error.strerror}",
            "mend its path or its rights, or do not mount it",
        ) from None


def _render(document: Document, place: Place, pins: Mapping[str, str]) -> Rendered:
    check_services(document, str(place.folder))
    images = images_of(document)
    shipment = Shipment()
    services = {
        name: {
            **_strip(_ship_service(name, _apart(service, document), place, shipment)),
            "image": pins.get(images[name], images[name]),
        }
        for name, service in document["services"].items()
    }
    proxy = proxy_of(document)
    if proxy:
        _mount_upstreams(services[proxy], place)
        services[EDGE] = _edge(services[proxy], proxy, place, pins)
        services[REHEARSAL] = _rehearsal(services[proxy])
        services[proxy] = _behind_edge(services[proxy])
    values = {}
    top = _ship_top(document, place, shipment)
    for name, service in services.items():
        used = _used(service, top)
        definition = _definition(service, _EDGE_OWNS if name == EDGE else None, used)
        service["labels"] = {**service.get("labels", {}), DEFINITION: definition}
        if name != REHEARSAL:
            values[name] = service_of(name, service, document, definition)
    rendered = {
        **{key: value for key, value in document.items() if not key.startswith("x-")},
        "services": services,
        **top,
    }
    networks = document.get("networks") or {}
    own = {name: one or {} for name, one in networks.items() if not (one or {}).get("external")}
    return Rendered(rendered, values, shipment, {name: _hash(one) for name, one in own.items()})


def images_of(document: Document) -> dict[str, str]:
    """Return the image reference of each service. Raises `ComposeError` for one without."""
    images = {}
    for name, service in document["services"].items():
        if not service.get("image"):
            raise ComposeError(
                f"services.{name}",
                "it has no image name",
                "add `image: registry.example.com/team/app:${TAG}`, so that servers can pull it",
            )
        images[name] = service["image"]
    return images


def _apart(service: Document, document: Document) -> Document:
    """Return `service` without what it can do without and what no profile has brought along."""
    there = document["services"]
    needs = service.get("depends_on", {})
    kept = {name: how for name, how in needs.items() if name in there}
    return {**service, "depends_on": kept} if needs else service


def _strip(service: Document) -> dict[str, Any]:
    return {
        key: value for key, value in service.items() if key not in _HERE_ONLY and value is not None
    }


def _used(service: Document, top: Document) -> list[str]:
    """Return what a service is given as configs and secrets: shipped files, and inline content."""
    names = [(kind, each["source"]) for kind in _TOP for each in service.get(kind) or ()]
    entries = [top.get(kind, {}).get(name, {}) for kind, name in names]
    return sorted(filter(None, (entry.get("file") or entry.get("content") for entry in entries)))


def _definition(service: Document, only: tuple[str, ...] | None, used: list[str]) -> str:
    """Return the hash of what shapes a container; of `only` these keys, where given.

    The edge is defined by its ports and networks alone: a new kernel, or a new version of Slipway,
    must not recreate it. Where files are `used`, their paths change with their content.
    """
    deploy = service.get("deploy", {})
    shape = {
        key: value
        for key, value in service.items()
        if key not in _NO_DIFFERENCE and not key.startswith("x-") and (not only or key in only)
    }
    if not only:
        shape["resources"] = deploy.get("resources")
        shape["restart_policy"] = deploy.get("restart_policy")
        if used:
            shape["used"] = used
    return _hash(shape)


def _hash(value: Document) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _ship_service(name: str, service: Document, place: Place, shipment: Shipment) -> dict[str, Any]:
    volumes = [
        _ship_mount(f"services.{name}.volumes", mount, place, shipment)
        for mount in service.get("volumes", [])
    ]
    shipped = dict(service)
    if volumes:
        shipped["volumes"] = volumes
    return shipped


def _ship_mount(where: str, mount: Document, place: Place, shipment: Shipment) -> dict[str, Any]:
    """Ship a mounted file or read-only folder of the checkout; a writable folder stays there."""
    if mount.get("type") != "bind":
        return dict(mount)
    source = Path(mount["source"])
    if not source.is_relative_to(place.checkout):
        return dict(mount)
    if source.is_file() or (source.is_dir() and mount.get("read_only")):
        return {**mount, "source": f"{place.root}/{shipment.add(source)}"}
    if mount.get("read_only"):
        raise ComposeError(where, f"{source} is not there", "mend the path, or create the file")
    inside = (
        source.relative_to(place.folder) if source.is_relative_to(place.folder) else source.name
    )
    return {**mount, "source": f"{place.root}/data/{inside}"}


def _ship_top(document: Document, place: Place, shipment: Shipment) -> dict[str, Any]:
    """Ship the files of the top-level `configs` and `secrets`.

    What comes from a variable becomes a file as well: Compose would copy it into each container,
    which it cannot do where the root is read-only, and no change of it would be seen.
    """
    shipped: dict[str, Any] = {}
    for kind in _TOP:
        entries = {}
        for name, entry in document.get(kind, {}).items():
            if VALUE in entry:
                path = shipment.keep(name, entry[VALUE].encode())
                kept = {k: v for k, v in entry.items() if k not in {"environment", VALUE}}
                entries[name] = {**kept, "file": f"{place.root}/{path}"}
                continue
            source = Path(entry["file"]) if entry.get("file") else None
            if source and source.is_relative_to(place.checkout):
                if not source.is_file():
                    raise ComposeError(f"{kind}.{name}", f"{source} is not there", "create it")
                entry = {**entry, "file": f"{place.root}/{shipment.add(source)}"}  # noqa: PLW2901
            entries[name] = entry
        if entries:
            shipped[kind] = entries
    return shipped


def _mount_upstreams(proxy: dict[str, Any], place: Place) -> None:
    """Mount the folder of rendered upstreams; it takes the place of what stands there locally."""
    others = [mount for mount in proxy.get("volumes", []) if mount.get("target") != UPSTREAMS]
    folder = {
        "type": "bind",
        "source": f"{place.root}/upstreams",
        "target": UPSTREAMS,
        "read_only": True,
    }
    proxy["volumes"] = [*others, folder]


def _edge(proxy: Document, name: str, place: Place, pins: Mapping[str, str]) -> dict[str, Any]:
    """Return the container that owns the ports: it sleeps, and is never recreated by a deploy."""
    networks = proxy.get("networks") or {"default": None}
    edge: dict[str, Any] = {
        **{key: proxy[key] for key in _EDGE_OWNS if key in proxy},
        "image": pins.get(EDGE, proxy["image"]),
        "entrypoint": ["sh", "-c", _WAKE.replace("$", "$$"), "edge", place.project, name],
        "command": [],
        "user": "0",
        "init": True,
        "restart": "always",
        "stop_grace_period": "1s",
        "healthcheck": {"disable": True},
        "networks": {net: _with_alias(options, name) for net, options in networks.items()},
    }
    if place.wake:
        edge["volumes"] = [
            {
                "type": "bind",
                "source": _SOCKET,
                "target": _SOCKET,
                "bind": {"create_host_path": False},
            }
        ]
    if _version(place.kernel) >= _MIGRATE_REQ:
        edge["sysctls"] = {"net.ipv4.tcp_migrate_req": "1"}
    return edge


def _with_alias(options: Document | None, alias: str) -> dict[str, Any]:
    options = dict(options or {})
    return {**options, "aliases": [*options.get("aliases", []), alias]}


def _behind_edge(proxy: Document) -> dict[str, Any]:
    kept = {key: value for key, value in proxy.items() if key not in _EDGE_OWNS}
    return {**kept, "network_mode": f"service:{EDGE}"}


def _rehearsal(proxy: Document) -> dict[str, Any]:
    """Return a copy of the proxy without ports, reading the upstreams that are about to be."""
    volumes = [
        {**mount, "source": mount["source"] + ".next"}
        if mount.get("target") == UPSTREAMS
        else mount
        for mount in proxy["volumes"]
    ]
    dropped = {"ports", "depends_on", "deploy", "healthcheck", "restart"}
    kept = {key: value for key, value in proxy.items() if key not in dropped}
    return {
        **kept,
        "volumes": volumes,
        "profiles": ["slipway"],
        "restart": "no",
        "healthcheck": {"disable": True},
    }


def _version(text: str) -> tuple[int, ...]:
    parts = text.split("-", maxsplit=1)[0].split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())
