"""Finds what there is to back up in a Compose file: by image, by volume, by `x-backup`. Pure.

`x-backup` of a service: `false` leaves it out; a table may say `kind`, where the image does not
tell, `exclude`, a list of volumes and folders, `pause` or `stop`, whether its containers hold still
while its volumes are read, and `pitr`, whether a Postgres can be brought back to any moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from deploy.backup.snapshot import Snapshot
from deploy.backup.sources import postgres, redis
from deploy.backup.sources.base import FOLDER, RELEASE, VOLUME, Source
from deploy.backup.sources.kinds import DATABASES
from deploy.backup.standin import volume_at
from deploy.engine.compose.services import DATABASES as KNOWN_DATABASES
from deploy.engine.compose.services import image_name
from deploy.errors import ComposeError, SlipwayError

Document = Mapping[str, Any]

_KIND_OF = {image: kind.KIND for kind in DATABASES.values() for image in kind.IMAGES}
_PAUSED = frozenset(["chroma"])  # an index and a database whose files belong together
_HOLDS = ("pause", "stop")
_PITR = "pitr"
_SWITCHES = (*_HOLDS, _PITR)
_KEYS = ("exclude", "kind", *_SWITCHES)
_KINDS = (*DATABASES, VOLUME)


def find_sources(document: Document) -> tuple[Source, ...]:
    """Return the sources of a rendered Compose file, databases first. Raises `ComposeError`."""
    found: dict[tuple[str, str], Source] = {}
    for service, model in document["services"].items():
        for source in _of_service(service, model, document):
            key = source.kind, source.place or source.service
            first = found.setdefault(key, source)
            found[key] = replace(first, still={**first.still, **source.still})
    order = (*DATABASES, VOLUME, FOLDER)
    ranked = sorted(found.values(), key=lambda one: (order.index(one.kind), one.name))
    return (*_unique(_apart(ranked, document)), Source("release", RELEASE))


def _apart(sources: Sequence[Source], document: Document) -> list[Source]:
    """Leave out what a database keeps its data in: other services may mount that, too."""
    places = {
        volume_at(document, one.service, DATABASES[one.kind].data_path(_model(one, document))): one
        for one in sources
        if one.kind in DATABASES
    }
    found = [one for one in sources if not any(_within(one.place, place) for place in places)]
    for one in found:
        inside = [held for place, held in places.items() if one.place and _within(place, one.place)]
        if inside:
            raise ComposeError(
                f"services.{one.service}",
                f"it writes to {one.place}, in which {inside[0].service} keeps its database",
                "mount a folder beside that, or leave it out: `x-backup: {exclude: […]}`",
            )
    return found


def _model(source: Source, document: Document) -> Document:
    model: Document = document["services"][source.service]
    return model


def _within(place: str, whole: str) -> bool:
    """Whether a volume or a folder is another one, or a folder lies below it."""
    return bool(whole) and (place == whole or (whole[0] == "/" and place.startswith(f"{whole}/")))


def data_of(document: Document, snapshot: Snapshot) -> tuple[Source, ...]:
    """Return the sources of data of a rendered Compose file that `snapshot` has archives of."""
    kept = {archive.source for archive in snapshot.archives}
    return tuple(one for one in find_sources(document) if one.is_data and one.name in kept)


def whole_data_of(document: Document, snapshot: Snapshot) -> tuple[Source, ...]:
    """Return the same, where that is all data of `snapshot`, and any. Raises `SlipwayError`."""
    found = data_of(document, snapshot)
    kept = {archive.source for archive in snapshot.archives} - {RELEASE}
    lacking = sorted(kept - {source.name for source in found})
    if lacking or not found:
        told = f"{', '.join(lacking)}, which what is deployed does not have" if lacking else ""
        raise SlipwayError(
            f"snapshot {snapshot.id}",
            f"it holds {told or 'no data'}",
            "choose another one, put the others back with `inv restore --only`, or bring its"
            " release back first: `inv rollback`",
        )
    return found


def _of_service(name: str, model: Document, document: Document) -> Iterator[Source]:
    wish = _wish(name, model)
    if wish is None:
        return
    kind = _kind(name, model, wish)
    pitr = bool(wish.get(_PITR))
    if pitr and kind != postgres.KIND:
        place, wrong = f"services.{name}.x-backup.{_PITR}", "only a Postgres has that"
        raise ComposeError(place, wrong, "remove it, or write `kind: postgres` beside it")
    if kind in DATABASES:
        yield Source(name, kind, name, pitr=pitr)
        return
    still = _still(name, model, wish)
    for mount in _mounts(model):
        source = _of_mount(name, mount, document, still)
        if source and not {mount.get("source"), mount["target"]} & set(wish.get("exclude", ())):
            yield source


def _still(service: str, model: Document, wish: Document) -> Mapping[str, str]:
    """Return how the containers of a service hold still while its volumes are read, if they do."""
    for how in _HOLDS:
        if wish.get(how):
            return {service: how}
    asked = any(how in wish for how in _HOLDS)
    return {service: "pause"} if _image(model) in _PAUSED and not asked else {}


def _of_mount(
    service: str, mount: Document, document: Document, still: Mapping[str, str]
) -> Source | None:
    """Return the source of a mount: a named volume, or a folder that the service writes to."""
    if mount.get("type") == "volume" and mount.get("source"):
        volume = document.get("volumes", {}).get(mount["source"]) or {}
        name = str(mount["source"])
        return Source(name, VOLUME, service, str(volume.get("name", name)), still)
    if mount.get("type") == "bind" and not mount.get("read_only"):
        place = str(mount["source"])
        name = place.rpartition("/")[2]
        return None if _system(place) else Source(name, FOLDER, service, place, still)
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
    for how in _SWITCHES:
        if not isinstance(wish.get(how, False), bool):
            raise ComposeError(f"{place}.{how}", "true or false is wanted", f"write {how}: true")
    if wish.get("pause") and wish.get("stop"):
        raise ComposeError(place, "it says both pause and stop", "choose one of them")
    excluded = wish.get("exclude", [])
    if not isinstance(excluded, list) or not all(isinstance(one, str) for one in excluded):
        raise ComposeError(
            f"{place}.exclude", "a list of strings is wanted", "write exclude: [media, /cache]"
        )
    return wish


def _kind(service: str, model: Document, wish: Document) -> str:
    """Return the kind of what a service keeps. A cache on no volume is nothing to keep."""
    name = _image(model)
    if "kind" in wish:
        return str(wish["kind"])
    keeps = any(_of_mount(service, mount, {}, {}) for mount in _mounts(model))
    holds_still = wish.get("pause") or wish.get("stop")
    if name in KNOWN_DATABASES - {*_KIND_OF, *_PAUSED} and keeps and not holds_still:
        raise ComposeError(
            f"services.{service}",
            f"there is no dump of {name} yet, and its files, copied while it runs, may be torn",
            "let it hold still with `x-backup: {stop: true}`, leave it out with `x-backup: false`,"
            " or take them as they are with `x-backup: {kind: volume}`",
        )
    found = _KIND_OF.get(name, VOLUME)
    return VOLUME if found == redis.KIND and not keeps else found


def _image(model: Document) -> str:
    return image_name(str(model.get("image", "")))


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
        yield replace(source, name=name)
