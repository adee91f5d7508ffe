"""What is known of an app before it is deployed, and what comes of it. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OVERLAY = "compose.slipway.yaml"
FOLDER = "slipway"  # what Slipway adds lies here, apart from what the app has
SITE = f"{FOLDER}/site.conf"
EXAMPLE = f"{FOLDER}/.env.example"
WORKFLOW = ".github/workflows/deploy.yml"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """A folder that images are built from, and the file that says what stays out of them.

    Both are paths of this machine; `text` is None where there is no such file.
    """

    folder: str
    ignore: str
    text: str | None = None


@dataclass(frozen=True)
class Facts:
    """An app as it was found. Keys of the mappings are services, where nothing else is said.

    `document` is its Compose model, `text` its Compose file as it was written, and `written` the
    services as they stand there, before any variable was filled in. `inside` is the folder as the
    repository names it, with a slash behind; nothing for the repository's own.
    """

    app: str
    compose: str
    text: str
    document: Document
    folder: str = ""
    inside: str = ""
    single_files: frozenset[str] = frozenset()  # what is mounted and is a file
    full_folders: frozenset[str] = frozenset()  # what is mounted and is a folder with content
    source_folders: frozenset[str] = frozenset()  # what is mounted and has files of source
    override: str = ""  # the file that a bare `docker compose` reads besides
    inactive: tuple[str, ...] = ()  # services of profiles that nobody asked for
    contexts: tuple[Context, ...] = ()
    written: Mapping[str, Document] = field(default_factory=dict)
    env_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names of variables
    examples: Mapping[str, str] = field(default_factory=dict)  # values of a public example, by name
    dockerfiles: Mapping[str, str] = field(default_factory=dict)
    nginx: Mapping[str, str] = field(default_factory=dict)  # nginx configuration
    caddy: Mapping[str, str] = field(default_factory=dict)
    migrations: Mapping[str, str] = field(default_factory=dict)  # the file that tells of them
    health: Mapping[str, str] = field(default_factory=dict)  # a path that the source answers

    @property
    def checkout(self) -> str:
        """The top folder of the repository."""
        return self.folder.removesuffix(f"/{self.inside}".rstrip("/"))


@dataclass(frozen=True)
class Choice:
    """What was decided, why, and where to change it."""

    what: str
    why: str
    where: str


@dataclass(frozen=True)
class Draft:
    """Texts of files by path, and what was decided. Paths in `top` are of the repository."""

    files: Mapping[str, str]
    top: Mapping[str, str]
    choices: tuple[Choice, ...]
