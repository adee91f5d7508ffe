"""Finds what there is to back up in a Compose file: by image, by volume, by `x-backup`. Pure.

`x-backup` of a service: `false` leaves it out; a table may say `kind`, where the image does not
tell, and `exclude`, a list of volumes and folders.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.backup.snapshot import Snapshot
from deploy.backup.sources.base import FOLDER, POSTGRES, RELEASE, VOLUME, Source
from deploy.engine.compose.services import DATABASES, image_name
from deploy.errors import ComposeError

Document = Mapping[str, Any]

_POSTGRES = frozenset(["postgres", "postgresql", "postgis", "timescaledb", "pgvector"])
_KEYS = ("exclude", "kind")
_KINDS = (POSTGRES, VOLUME)


def find_sources(document: Document) -> tuple[Source, ...]:
    """Return the sources of a rendered Compose file, databases first. Raises `ComposeError`."""
    found: dict[tuple[str, str], Source] = {}
    for service, model in document["services"].items():
        for source in _of_service(service, model, document):
            found.setdefault((source.kind, source.place or source.service), source)
    order = (POSTGRES, VOLUME, FOLDER)
    ranked = sorted(found.values(), key=lambda one: (order.index(one.kind), one.name))
    return (*_unique(ranked), Source("release", RELEASE))


def data_of(document: Document, snapshot: Snapshot) -> tuple[Source, ...]:
    """Return the sources of data of a rendered Compose file that `snapshot` has archives of."""
    kept = {archive.source for archive in snapshot.archives}
    return tuple(one for one in find_sources(document) if one.is_data and one.name in kept)


def _of_service(name: str, model: Document, document: Document) -> Iterator[Source]:
    wish = _wish(name, model)
    if wish is None:
        return
    if _kind(name, model, wish) == POSTGRES:
        yield Source(name, POSTGRES, name)
        return
    for mount in _mounts(model):
        source = _of_mount(name, mount, document)
        if source and not {mount.get("source"), mount["target"]} & set(wish.get("exclude", ())):
            yield source


def _of_mount(service: str, mount: Document, document: Document) -> Source | None:
    """Return the source of a mount: a named volume, or a folder that the service writes to."""
    if mount.get("type") == "volume" and mount.get("source"):
        volume = document.get("volumes", {}).get(mount["source"]) or {}
        name = str(mount["source"])
        return Source(name, VOLUME, service, str(volume.get("name", name)))
    if mount.get("type") == "bind" and not mount.get("read_only"):
        place = str(mount["source"])
        return None if _system(place) else Source(place.rpartition("/")[2], FOLDER, service, place)
    return None


def _system(place: str) -> bool:
    """Whether a folder is the machine's own, not the app's."""
    return place.startswith(("/var/run/", "/run/", "/proc", "/sys", "/dev")) or place == "/"


def _wish(name: str, model: Document) -> Document | None:
    wish = model.get("x-backup", {})
    if wish is False:
        return None
    place = f"services.{name}.x-backup"
    if not isinstance(wish, Mapping):
        raise ComposeError(place, f"{wish!r} says nothing", "write `false`, or a table of keys")
    for key in wish:
        if key not in _KEYS:
            raise ComposeError(f"{place}.{key}", "the key is unknown", f"known: {', '.join(_KEYS)}")
    if wish.get("kind", VOLUME) not in _KINDS:
        raise ComposeError(
            f"{place}.kind", f"{wish['kind']!r} is unknown", f"choose one of: {', '.join(_KINDS)}"
        )
    excluded = wish.get("exclude", [])
    if not isinstance(excluded, list) or not all(isinstance(one, str) for one in excluded):
        raise ComposeError(
            f"{place}.exclude", "a list of strings is wanted", "write exclude: [media, /cache]"
        )
    return wish


def _kind(service: str, model: Document, wish: Document) -> str:
    name = image_name(str(model.get("image", "")))
    if "kind" in wish:
        return str(wish["kind"])
    if name in DATABASES - _POSTGRES and any(_of_mount(service, m, {}) for m in _mounts(model)):
        raise ComposeError(
            f"services.{service}",
            f"there is no dump of {name} yet, and its files, copied while it runs, may be torn",
            "leave it out with `x-backup: false`, or take that with `x-backup: {kind: volume}`",
        )
    return POSTGRES if name in _POSTGRES else VOLUME


def _mounts(model: Document) -> Sequence[Document]:
    return tuple(model.get("volumes", ()))


def _unique(sources: "list[Source]") -> Iterator[Source]:
    """Give every source a name of its own: names become names of objects."""
    taken: set[str] = {"release"}
    for source in sources:
        name, number = source.name, 2
        while name in taken:
            name, number = f"{source.name}-{number}", number + 1
        taken.add(name)
        yield Source(name, source.kind, source.service, source.place)
