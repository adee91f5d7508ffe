"""Volumes and folders, and the files of a release: by GNU tar in the pump."""

from deploy.backup.sources.base import Piece, Source

_TAR = (
    "tar",
    "--create",
    "--file=-",
    "--directory=/data",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime",
    "--sparse",
    "--numeric-owner",
    "--xattrs",
    "--acls",
    "--warning=no-file-ignored",  # sockets
)


def pieces(source: Source) -> tuple[Piece, ...]:
    """Return the one archive that a volume or a folder is."""
    return (Piece(source, f"{source.name}.tar", "tar", (*_TAR, "--", "."), source.place),)


def release_pieces(source: Source, root: str, release: str) -> tuple[Piece, ...]:
    """Return the archive of what a release is made of: Compose file, env file, shipped files."""
    parts = (f"releases/{release}", "files", "upstreams")
    return (Piece(source, "release.tar", "tar", (*_TAR, "--", *parts), root),)
