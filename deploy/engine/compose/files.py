"""The files that travel with a release, addressed by their content.

A shipped file lies under files/<hash of its content>/ on the server: its path changes when, and
only when, its content does. So a service whose configuration did not change is not recreated, and
an old release still finds its own files.
"""

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.errors import ComposeError
from deploy.host.archive import PRIVATE, pack


@dataclass
class Shipment:
    """What a release brings along: paths on the server, relative to the environment's folder."""

    contents: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)
    mounted: dict[str, bytes] = field(default_factory=dict)

    def add(self, source: Path) -> str:
        """Add a file or a folder; return its path, which holds the hash of its content."""
        path = f"files/{content_hash(source)}/{source.name}"
        self.sources[path] = source
        return path

    def keep(self, name: str, content: bytes) -> str:
        """Add a file that is not in the checkout; return its path, as `add` does.

        Its folder is its owner's alone, as all of files/ is. The file itself can be read by whom
        a container mounts it for: those run as other users.
        """
        path = f"files/{hashlib.sha256(content).hexdigest()[:12]}/{name}"
        self.mounted[path] = content
        return path

    def write(self, path: str, content: bytes) -> None:
        """Add a private file (mode 0600) with `content` under `path`."""
        self.contents[path] = content

    def tar(self) -> bytes:
        """Return everything as one uncompressed tar archive."""
        return pack(self.contents, PRIVATE, self.sources, self.mounted)


def content_hash(source: Path) -> str:
    """Return 12 hex digits over names, modes and contents of a file or of all below a folder.

    Raises `ComposeError` for what cannot be sent.
    """
    digest = hashlib.sha256()
    for path in _walk(source):
        name = path.relative_to(source).as_posix()
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name}\0{executable}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def _walk(path: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield `path` and all below it, through links, as tar packs it."""
    if not path.exists():
        raise ComposeError(str(path), "it leads nowhere", "mend or remove the link")
    yield path
    if path.is_dir():
        here = path.resolve()
        if here in above:
            raise ComposeError(str(path), "it leads back to a folder above it", "remove the link")
        for inside in sorted(path.iterdir()):
            yield from _walk(inside, (*above, here))
