"""Small tar archives in memory, to be sent over stdin."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

PRIVATE, READABLE = 0o600, 0o644


def pack(
    contents: Mapping[str, bytes],
    mode: int,
    sources: Mapping[str, Path] | None = None,
    readable: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return an uncompressed tar archive.

    `contents` maps paths in the archive to bytes, written with `mode`; `sources` maps paths to
    files and folders of this machine, which keep their modes and lose their owners; a link
    becomes what it leads to. `readable` are bytes too, written with `READABLE`.
    """
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, dereference=True
    ) as archive:
        for files, bits in ((contents, mode), (readable or {}, READABLE)):
            for path, content in sorted(files.items()):
                entry = tarfile.TarInfo(path)
                entry.size, entry.mode = len(content), bits
                archive.addfile(entry, io.BytesIO(content))
        for path, source in sorted((sources or {}).items()):
            archive.add(source, path, filter=_anonymous)
    return buffer.getvalue()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
