"""A service's database on a new volume, in a container of its own that nobody reaches. Pure.

The image, the settings and the environment are the service's; the network is none, and what the
image runs to fill a new database stays away: the dump fills it.
"""

from collections.abc import Mapping
from typing import Any

_LEFT_OUT = (
    "container_name",
    "depends_on",
    "deploy",
    "expose",
    "labels",
    "networks",
    "ports",
    "restart",
)
_INIT = "/docker-entrypoint-initdb.d"

Document = Mapping[str, Any]


def stand_in(
    document: Document, service: str, fresh: Mapping[str, str], **variables: str
) -> Document:
    """Return a Compose document with `service` alone.

    `fresh` maps the names of volumes, as Docker has them, to those that take their place;
    `variables` are set in its environment.
    """
    model = document["services"][service]
    names = {key: (volume or {}).get("name", key) for key, volume in document["volumes"].items()}
    mounts = [
        _mount(mount, names, fresh)
        for mount in model.get("volumes", ())
        if not mount["target"].startswith(_INIT)
    ]
    used = {mount["source"] for mount in mounts if _named(mount)}
    kept = {key: value for key, value in model.items() if key not in _LEFT_OUT}
    environment = {**(model.get("environment") or {}), **variables}
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
    }


def volume_at(document: Document, service: str, path: str) -> str:
    """Return Docker's name of the volume of `service` that `path` in its container lies on."""
    best, name = "", ""
    for mount in document["services"][service].get("volumes", ()):
        target = mount["target"].rstrip("/")
        inside = path == target or path.startswith(f"{target}/")
        if _named(mount) and inside and len(target) > len(best):
            volume = document.get("volumes", {}).get(mount["source"]) or {}
            best, name = target, str(volume.get("name", mount["source"]))
    return name


def _mount(mount: Document, names: Mapping[str, str], fresh: Mapping[str, str]) -> Document:
    """Return a mount of the stand-in: new volumes are written to, what serves is only read."""
    if not _named(mount):
        return {**mount, "read_only": True} if mount["type"] == "bind" else mount
    name = names.get(mount["source"], mount["source"])
    if name in fresh:
        return {**mount, "source": fresh[name]}
    return {**mount, "source": name, "read_only": True}


def _named(mount: Document) -> bool:
    return mount["type"] == "volume" and bool(mount.get("source"))
