"""The images of the sandbox as a table: another one is a line here and a folder in images/."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "images"
CACHE: Final = "slipway-sandbox"
"""Every image of the cache is `slipway-sandbox/<name>:<hash of what it is made of>`."""


@dataclass(frozen=True)
class Recipe:
    """An image built from a folder on top of another image."""

    name: str
    base: str
    official: tuple[str, ...] = ()
    """The names on Docker Hub that it stands in for; none for the sandbox's own images."""
    args: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    """Where its Dockerfile lies, when that is not its name."""
    extra: bool = False
    """Whether it is made only for those who ask for it by name."""

    @property
    def path(self) -> Path:
        """The folder of its Dockerfile."""
        return FOLDER / (self.folder or self.name)


SUITES: Final = ("trixie", "bookworm", "sid")
"""Root file systems; bookworm has Python 3.11, PostgreSQL 15 and Redis 7, sid alone has MySQL."""

RECIPES: Final = (
    Recipe("debian-trixie", "trixie", folder="base"),
    Recipe("debian-bookworm", "bookworm", ("debian:bookworm-slim",), folder="base"),
    Recipe("debian-sid", "sid", folder="base"),
    Recipe("server", "debian-trixie"),
    Recipe("registry", "debian-trixie"),
    Recipe("s3", "debian-trixie"),
    Recipe("busybox", "debian-trixie", ("busybox:latest",)),
    Recipe(
        "nginx",
        "debian-trixie",
        ("nginx:alpine", "nginx:1.30-alpine", "nginx:stable-alpine", "nginx:latest"),
    ),
    Recipe("nginx-older", "nginx", ("nginx:1.29-alpine",)),
    Recipe("postgres", "debian-bookworm", ("postgres:15", "postgres:15-alpine"), {"PG": "15"}),
    Recipe("python", "debian-bookworm", ("python:3.11-slim",)),
    Recipe("redis", "debian-bookworm", ("redis:7", "redis:7-alpine")),
    Recipe(
        "mariadb",
        "debian-bookworm",
        ("mariadb:10.11",),
        {"PACKAGES": "mariadb-server mariadb-client", "DAEMON": "mariadbd"},
        folder="mysql",
        extra=True,
    ),
    Recipe(
        "mysql",
        "debian-sid",
        ("mysql:9",),
        {"PACKAGES": "mysql-server-core mysql-client", "DAEMON": "mysqld"},
        extra=True,
    ),
    Recipe(
        "chroma",
        "debian-trixie",
        ("chromadb/chroma:latest", "chromadb/chroma:1.5.9"),
        extra=True,
    ),
    Recipe("node", "debian-bookworm", ("node:22-slim",), extra=True),
    Recipe("prometheus", "debian-trixie", ("prom/prometheus:v2.53.3",), extra=True),
    Recipe("node-exporter", "debian-trixie", ("prom/node-exporter:v1.9.0",), extra=True),
    Recipe(
        "postgres-exporter",
        "debian-trixie",
        ("prometheuscommunity/postgres-exporter:v0.17.1",),
        extra=True,
    ),
    Recipe("mysqld-exporter", "debian-trixie", ("prom/mysqld-exporter:v0.17.2",), extra=True),
    Recipe("redis-exporter", "debian-trixie", ("oliver006/redis_exporter:v1.69.0",), extra=True),
    Recipe(
        "nginx-exporter",
        "debian-trixie",
        ("nginx/nginx-prometheus-exporter:1.4.1",),
        extra=True,
    ),
    Recipe("grafana", "debian-trixie", ("grafana/grafana:11.6.1",), extra=True),
)

BY_NAME: Final = {recipe.name: recipe for recipe in RECIPES}


EXTRAS: Final = tuple(recipe.name for recipe in RECIPES if recipe.extra)


def official(extras: Collection[str] = ()) -> tuple[Recipe, ...]:
    """Give the recipes that stand in for images of Docker Hub, or those of them that are named."""
    return tuple(
        recipe
        for recipe in RECIPES
        if recipe.official and (recipe.name in extras if extras else not recipe.extra)
    )


def digest(parts: Iterable[str | bytes]) -> str:
    """Hash parts in order into 12 hexadecimal digits; where one part ends matters."""
    total = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data))
        total.update(data)
    return total.hexdigest()[:12]


def folder_parts(folder: Path) -> list[bytes]:
    """List what decides a build: each file's name, whether it is executable, and its content."""
    parts: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            runs = b"x" if path.stat().st_mode & 0o100 else b"-"
            parts += [str(path.relative_to(folder)).encode(), runs, path.read_bytes()]
    return parts


def reference(recipe: Recipe, base: str, extra: Iterable[bytes] = ()) -> str:
    """Name a recipe's image in the cache, by the content it is made of."""
    args = [f"{key}={value}" for key, value in sorted(recipe.args.items())]
    content = digest([base, *args, *folder_parts(recipe.path), *extra])
    return f"{CACHE}/{recipe.name}:{content}"
