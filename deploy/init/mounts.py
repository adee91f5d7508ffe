"""What a service mounts: its source, its configuration, its data. Pure."""

import re
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import PurePosixPath

from deploy.init.facts import Document, Facts
from deploy.init.roles import Part
from deploy.init.variables import variables_of

_DATA = re.compile(
    r"data|upload|media|storage|backup|state|cache|sqlite|acme|letsencrypt|logs?$", re.IGNORECASE
)
_ABOVE = re.compile(r"data|uploads?|media|storage|backups?", re.IGNORECASE)
_EITHER = re.compile(r"(^|[-_.])(db|instance)$", re.IGNORECASE)  # of data, or of source
_COLLECTED = re.compile(r"static|files", re.IGNORECASE)  # written by an app, or its own content
_IN_ONE_LINE = frozenset(["type", "source", "target", "read_only"])
_AS_SHORT = {"bind": {"create_host_path": True}}  # what the short way of writing says besides
_CONFIGURATION = re.compile(
    r"^/(docker-entrypoint[^/]*|etc|conf|opt/[^/]+/(conf|config|etc)"
    r"|usr/(local|share)/(.+/)?(conf|config|etc|html|htdocs|pipeline))(/|$)"
)


def entry(mount: Document, facts: Facts) -> Document | str:
    """Return a mount as the overlay has it: in one line, unless a line cannot say all of it."""
    more = {key: value for key, value in mount.items() if key not in _IN_ONE_LINE and value}
    if mount.get("type") in {"bind", "volume"} and more in ({}, _AS_SHORT):
        return short(mount, facts)
    place = {"source": _way(str(mount["source"]), facts)} if mount.get("source") else {}
    return {**mount, **place}


def short(mount: Document, facts: Facts) -> str:
    """Return a mount in one line, as Compose has it; paths of the checkout become relative."""
    place = _way(str(mount.get("source") or ""), facts)
    words = [place] if place else []
    return ":".join([*words, mount["target"], *(["ro"] if mount.get("read_only") else [])])


def _way(place: str, facts: Facts) -> str:
    if not PurePosixPath(place).is_relative_to(facts.checkout):
        return place
    way = relpath(place, facts.folder)
    return way if way.split("/")[0] in {".", ".."} else f"./{way}"


def named(mount: Document, service: str, facts: Facts) -> Document:
    """Return a mount whose source is a variable again, where it was one."""
    for told in facts.written.get(service, {}).get("volumes", ()):
        if isinstance(told, Mapping) and told.get("target") == mount["target"]:
            source = str(told.get("source") or "")
            return {**mount, "source": source} if variables_of(source) else mount
    return mount


def sources(part: Part, facts: Facts) -> list[Document]:
    """Return the folders that are mounted over what the image has been built from."""
    return [mount for mount in _own(part, facts) if not _is_data(mount, part, facts)]


def data(part: Part, facts: Facts) -> list[Document]:
    """Return the folders beside the source that an app writes into, as far as names tell."""
    found = (mount for mount in _own(part, facts) if _is_data(mount, part, facts))
    return [mount for mount in found if not mount.get("read_only")]


def kept(part: Part, gone: Sequence[Document]) -> list[Document]:
    """Return the mounts that stay: without `gone`, and without what shields a part of these."""
    inside = tuple(mount["target"].rstrip("/") + "/" for mount in gone)
    return [
        mount
        for mount in part.model.get("volumes", ())
        if mount not in gone
        and (
            mount.get("source")
            or mount.get("type") == "tmpfs"
            or not (mount["target"] + "/").startswith(inside or "\0")
        )
    ]


def shipped(part: Part, facts: Facts) -> list[Document]:
    """Return the writable folders of configuration: read-only, they travel with a release."""
    return [
        mount
        for mount in part.model.get("volumes", ())
        if mount.get("type") == "bind"
        and not mount.get("read_only")
        and str(mount["source"]) in facts.full_folders
        and _CONFIGURATION.match(mount["target"])
        and not _DATA.search(_last(mount["target"]))
    ]


def _own(part: Part, facts: Facts) -> list[Document]:
    """Return the mounted folders of what a service is built from."""
    return [
        mount
        for mount in part.model.get("volumes", ())
        if part.built
        and mount.get("type") == "bind"
        and str(mount["source"]) not in facts.single_files
        and f"{mount['source']}/".startswith(f"{_context(part)}/")
    ]


def _is_data(mount: Document, part: Part, facts: Facts) -> bool:
    place = str(mount["source"]).removeprefix(_context(part)).strip("/")
    if not place:
        return False
    *above, last = place.split("/")
    names = (last, _last(mount["target"]))
    return (
        any(_DATA.search(name) or _COLLECTED.search(name) for name in names)
        or any(_ABOVE.fullmatch(name) for name in above)
        or (any(map(_EITHER.search, names)) and str(mount["source"]) not in facts.source_folders)
    )


def _context(part: Part) -> str:
    return str(part.model["build"].get("context", "")).rstrip("/")


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
