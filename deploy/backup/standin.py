"""A service's database on a new volume, in a container of its own that nobody reaches. Pure.

The image, the settings and the environment are the service's; the network is none, and what the
image runs to fill a new database stays away: the dump fills it.
"""

from collections.abc import Mapping
from typing import Any

from deploy.backup.sources.base import Server

_LEFT_OUT = (
    "container_name",
    "depends_on",
    "deploy",
    "expose",
    "init",  # its first process is to be the database's own: the image's entrypoint runs others
    "labels",
    "networks",
    "ports",
    "restart",
)
_INIT = "/docker-entrypoint-initdb.d"

Document = Mapping[str, Any]


def stand_in(
    document: Document, service: str, fresh: Mapping[str, str], server: Server
) -> Document:
    """Return a Compose document with `service` alone, run as `server` says.

    `fresh` maps the names of volumes, as Docker has them, and folders, to those that take their
    place.
    """
    model = document["services"][service]
    volumes = document.get("volumes") or {}
    names = {key: (volume or {}).get("name", key) for key, volume in volumes.items()}
    mounts = [
        _mount(mount, names, fresh)
        for mount in model.get("volumes", ())
        if not mount["target"].startswith(_INIT)
    ]
    used = {mount["source"] for mount in mounts if _named(mount)}
    kept = {key: value for key, value in model.items() if key not in _LEFT_OUT}
    if server.command:
        kept = {**kept, "command": list(server.command), "entrypoint": None}
    environment = {**(model.get("environment") or {}), **server.variables}
    return {
        "services": {
            service: {
                **kept,
                "volumes": mounts,
                "environment": environment,
                "network_mode": "none",
                "restart": "no",
            }
        },
        "volumes": {name: {"name": name, "external": True} for name in used},
        **{kind: document[kind] for kind in ("configs", "secrets") if kind in document},
    }


def volume_at(document: Document, service: str, path: str) -> str:
    """Return the volume of `service`, as Docker names it, or the folder, that `path` lies on."""
    best, name = "", ""
    for mount in document["services"][service].get("volumes", ()):
        target = mount["target"].rstrip("/")
        inside = path == target or path.startswith(f"{target}/")
        kept = _named(mount) or (mount["type"] == "bind" and not mount.get("read_only"))
        if kept and inside and len(target) > len(best):
            volume = document.get("volumes", {}).get(mount["source"]) or {}
            best, name = target, str(volume.get("name", mount["source"]))
    return name


def _mount(mount: Document, names: Mapping[str, str], fresh: Mapping[str, str]) -> Document:
    """Return a mount of the stand-in: what is new is written to, what serves is only read."""
    if not _named(mount) and mount["type"] != "bind":
        return mount
    name = names.get(mount["source"], mount["source"]) if _named(mount) else mount["source"]
    if name in fresh:
        return {**mount, "source": fresh[name]}
    return {**mount, "source": name, "read_only": True}


def _named(mount: Document) -> bool:
    return mount["type"] == "volume" and bool(mount.get("source"))
