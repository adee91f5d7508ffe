"""Volumes and folders, and the files of a release: by GNU tar in the pump."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.backup.snapshot import Archive
from deploy.backup.sources.base import RELEASE, VOLUME, Ground, Origin, Piece, Source
from deploy.backup.transfer import Into

KIND = VOLUME
IMAGES: frozenset[str] = frozenset()
FORMS: tuple[str, ...] = ("tar",)
_TAR = (
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
_TREE = ("python3", "-m", "pump.tree", "/data", "/copies")
UNTAR = (
    *("tar", "--extract", "--file=-", "--directory=/data", "--numeric-owner"),
    *("--preserve-permissions", "--same-owner", "--xattrs", "--xattrs-include=*", "--acls"),
)


def data_path(_model: Mapping[str, Any]) -> str:
    """Return nothing: a volume is data wherever it is mounted."""
    return ""


def pieces(source: Source, origin: Origin) -> tuple[Piece, ...]:
    """Return the one archive that a volume or a folder is.

    A SQLite database in it is copied by SQLite itself, unless its writers hold still: then all its
    files are of one moment. The archive of a release holds what it is made of: Compose file, env
    file, shipped files.
    """
    name = f"{source.name}.tar"
    if source.kind == RELEASE:
        parts = (f"releases/{origin.release}", "files", "upstreams")
        return (
            Piece(source, name, "tar", (*_TAR, "--directory=/data", "--", *parts), origin.root),
        )
    still = {
        container: how
        for service, how in source.still.items()
        for container in origin.running(service)
    }
    argv = (*_TAR, "--directory=/data", ".") if source.still else (*_TREE, *_TAR)
    return (Piece(source, name, "tar", argv, source.place, still=still),)


def reader(_archive: Archive, _image: str) -> Into:
    """Return what lists an archive."""
    return Into(("tar", "--list", "--file=-"))


def restore(archives: Sequence[Archive], ground: Ground) -> None:
    """Unpack. The pump has compared every byte with what tar once wrote."""
    for archive in archives:
        ground.pour(archive, Into(UNTAR, ground.volume))
        ground.say(f"{archive.name}: filled a new {archive.source}")


def holds(archive: Archive) -> str:
    """Return whose files they are."""
    return f"files of {archive.source}"


def by_hand(archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands that unpack an archive."""
    target = f"./{archive.source}"
    yield f"mkdir {target}"
    yield f"{opened} | tar --extract --directory={target} --numeric-owner --xattrs --acls -p"
