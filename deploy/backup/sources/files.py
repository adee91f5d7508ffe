"""Volumes and folders, and the files of a release: by GNU tar in the pump."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.backup.snapshot import BY_HAND, OF, SINCE, Archive
from deploy.backup.sources.base import RELEASE, VOLUME, Ground, Origin, Piece, Source
from deploy.backup.transfer import Into

KIND = VOLUME
IMAGES: frozenset[str] = frozenset()
WHOLE, CHANGES = "tar", "tar-changes"
FORMS: tuple[str, ...] = (WHOLE, CHANGES)
PACK = (
    "tar",
    "--create",
    "--file=-",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime",
    "--sparse",
    "--numeric-owner",
    "--xattrs",
    "--acls",
    "--warning=no-file-ignored",  # sockets
)
_TREE = ("python3", "-m", "pump.tree")
_UNTREE = ("python3", "-m", "pump.untree", "/data")
_INDEX = "/index"  # in the pump
UNTAR = (
    *("tar", "--extract", "--file=-", "--directory=/data", "--numeric-owner"),
    *("--preserve-permissions", "--same-owner", "--xattrs", "--xattrs-include=*", "--acls"),
)


def data_path(_model: Mapping[str, Any]) -> str:
    """Return nothing: a volume is data wherever it is mounted."""
    return ""


def pieces(source: Source, origin: Origin) -> tuple[Piece, ...]:
    """Return the one archive that a volume or a folder is: whole, or what has changed.

    A SQLite database in it is copied by SQLite itself, unless its writers hold still: then all its
    files are of one moment. The archive of a release holds what it is made of: Compose file, env
    file, shipped files.
    """
    name = f"{source.name}.tar"
    if source.kind == RELEASE:
        parts = (f"releases/{origin.release}", "files", "upstreams")
        return (
            Piece(source, name, WHOLE, (*PACK, "--directory=/data", "--", *parts), origin.root),
        )
    still = {
        container: how
        for service, how in source.still.items()
        for container in origin.running(service)
    }
    flags = ["--index", f"{_INDEX}/{origin.snapshot}/{source.name}"]
    form, facts = WHOLE, {OF: source.kind}
    if source.name in origin.indexed:
        form, facts = CHANGES, {**facts, SINCE: origin.base}
        flags += ["--since", f"{_INDEX}/{origin.base}/{source.name}"]
    if source.still:
        flags.append("--as-is")
    argv = (*_TREE, *flags, "/data", "/copies", *PACK)
    return (Piece(source, name, form, argv, source.place, facts=facts, still=still),)


def reader(_archive: Archive, _image: str) -> Into:
    """Return what lists an archive."""
    return Into(("tar", "--list", "--file=-"))


def restore(archives: Sequence[Archive], ground: Ground) -> None:
    """Unpack, the oldest first. The pump has compared every byte with what tar once wrote."""
    for archive in archives:
        ground.pour(archive, Into(unpacking(archive), ground.volume))
        done = "brought up to date" if archive.since else "filled a new"
        ground.say(f"{archive.name}: {done} {archive.source}")


def unpacking(archive: Archive) -> tuple[str, ...]:
    """Return the command that unpacks an archive in the pump."""
    return (*_UNTREE, *UNTAR) if archive.since else UNTAR


def holds(archive: Archive) -> str:
    """Return whose files they are."""
    since = f" that changed since {archive.since}" if archive.since else ""
    return f"files of {archive.source}{since}"


def by_hand(archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands that unpack an archive."""
    target = f"./{archive.source}"
    unpack = f"{opened} | tar --extract --directory={target} --numeric-owner --xattrs --acls -p"
    if not archive.since:
        yield f"mkdir {target}"
        yield unpack
        return
    gone = "'./.slipway-gone-*'"
    yield f"# First do what {BY_HAND} of snapshot {archive.since} says of {archive.source},"
    yield f"# and move the folder {archive.source} that it makes to here."
    yield (
        f"{opened} | tar --extract --to-stdout --wildcards {gone}"
        f" | (cd {target} && xargs --null --no-run-if-empty rm -rf --)"
    )
    yield f"{unpack} --exclude={gone}"
