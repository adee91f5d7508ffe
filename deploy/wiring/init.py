"""The start with an app of one's own: what it lacks to be deployed is written, or nothing is."""

import contextlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from deploy.errors import SettingsError
from deploy.init import Choice, draft
from deploy.init.facts import FOLDER, WORKFLOW
from deploy.init.like import (
    EXTRAS,
    IGNORED_LIKE,
    LIKE,
    MONITORING,
    adapted,
    choices_of,
    is_source,
    place_of,
)
from deploy.init.texts import TASKS, workflow
from deploy.settings import FILE
from deploy.wiring.app import find_checkout
from deploy.wiring.look import inside, look

_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_PARTS = frozenset(["backend", "frontend", "ollama-stand-in"])  # what the examples are made of
_LEFT = frozenset(["__pycache__", "dist", "node_modules"])
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Begun:
    """What was written, what was there and stays, and what was decided."""

    app: str
    folder: Path
    checkout: Path
    written: tuple[Path, ...]
    stayed: tuple[Path, ...]
    choices: tuple[Choice, ...]
    extras: tuple[str, ...] = ()  # images that the sandbox has only where they are named


def compose_file(folder: Path, name: str = "") -> Path | None:
    """Return a folder's Compose file: `name`, or as Compose finds it. Raises `SettingsError`."""
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "name one with --folder")
    where = PurePath(name).parent
    if where != PurePath():
        remedy = f"name that folder: --folder {shlex.quote(str(folder / where))}"
        raise SettingsError("--file", f"{name} lies in another folder than the app", remedy)
    if name and not (folder / name).is_file():
        raise SettingsError("--file", f"there is no {folder / name}", "mend the path")
    found = (folder / each for each in ([name] if name else _COMPOSE))
    return next((path for path in found if path.is_file()), None)


def begin(folder: Path, app: str, file: str = "") -> Begun:
    """Write what the app in `folder` lacks to be deployed. Raises `SlipwayError`."""
    folder = folder.resolve()
    compose = compose_file(folder, file)
    if compose is None:
        raise SettingsError(
            str(folder), "there is no Compose file", "name what it resembles: --like"
        )
    app, checkout = _named(app, folder), find_checkout(folder)
    _refuse_second(folder)
    made = draft(look(folder, compose, app, checkout))
    texts = {folder / path: text for path, text in made.files.items()}
    texts |= {checkout / _own(path, app, folder, checkout): text for path, text in made.top.items()}
    return _begun(
        app, folder, checkout, {path: text.encode() for path, text in texts.items()}, made.choices
    )


def begin_like(folder: Path, app: str, like: str) -> Begun:
    """Write one of the example systems into `folder`, as a start. Raises `SettingsError`."""
    folder = folder.resolve()
    if like not in LIKE:
        raise SettingsError(
            "--like", f"{like!r} is none of them", f"choose one of: {', '.join(LIKE)}"
        )
    source = Path(__file__).resolve().parents[2]
    if not (source / "compose" / like).is_dir():
        raise SettingsError(
            f"compose/{like}", "it came not with this installation", "run it in a clone of Slipway"
        )
    app, checkout = _named(app, folder), find_checkout(folder)
    _refuse_second(folder)
    own = {path.name for path in folder.iterdir() if path.is_dir()}
    contents = {folder / ".gitignore": IGNORED_LIKE.encode(), checkout / "tasks.py": TASKS.encode()}
    top = "../" * len(folder.relative_to(checkout).parts)
    for path in _files(source, like):
        place = place_of(path, like)
        if place is None or (is_source(path) and place.split("/")[0] in own):
            continue
        content = (source / path).read_bytes()
        if not is_source(path):
            content = adapted(place, content.decode(), like, app, top).encode()
        contents[folder / place] = content
    place = _own(WORKFLOW, app, folder, checkout)
    contents[checkout / place] = workflow(app, inside(folder, checkout), ".env.staging").encode()
    parts = {place.parts[0] for place in map(PurePath, _below(folder, contents))}
    choices = choices_of(
        like, parts & _PARTS, own & _PARTS, ignored=(folder / ".gitignore").exists()
    )
    begun = _begun(app, folder, checkout, contents, choices)
    return replace(begun, extras=EXTRAS.get(like, ()))


def _below(folder: Path, paths: Iterable[Path]) -> Iterator[Path]:
    return (path.relative_to(folder) for path in paths if path.is_relative_to(folder))


def _own(path: str, app: str, folder: Path, checkout: Path) -> str:
    """Return where a file of the whole repository goes: one that several apps have, by its name."""
    several = path == WORKFLOW and folder != checkout
    return path.replace("/deploy.yml", f"/deploy-{app}.yml") if several else path


def _named(app: str, folder: Path) -> str:
    name = app or re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise SettingsError("--app", f"{name!r} is no name", "use a-z, 0-9 and dashes")
    return name


def _refuse_second(folder: Path) -> None:
    if (folder / "deploy/wiring/init.py").is_file():
        raise SettingsError(
            str(folder), "this is Slipway itself", "name your app: --folder ~/my-app"
        )
    if (folder / FILE).exists():
        wrong = "it is there already: this app has begun"
        raise SettingsError(str(folder / FILE), wrong, "edit it, or remove it to begin anew")


def _files(source: Path, like: str) -> Iterator[str]:
    """Yield the files of the repository that belong to a system, without what tools left there."""
    for top in (f"compose/{like}", MONITORING, "nginx", f"examples/{like}"):
        for path in sorted((source / top).rglob("*")):
            place = path.relative_to(source)
            folders = place.parts[:-1]
            left = any(name.startswith(".") or name in _LEFT for name in folders)
            private = path.name.startswith(".env") and path.name != ".env.example"
            if path.is_file() and not private and not left:
                yield place.as_posix()


def _begun(
    app: str,
    folder: Path,
    checkout: Path,
    contents: Mapping[Path, bytes],
    choices: tuple[Choice, ...],
) -> Begun:
    stayed = tuple(path for path in contents if path.exists())
    wanted = {path: content for path, content in contents.items() if path not in stayed}
    write(wanted)
    return Begun(app, folder, checkout, tuple(wanted), stayed, choices)


def write(contents: Mapping[Path, bytes]) -> None:
    """Write all files, or none: what is there is never touched. Raises `SettingsError`."""
    made: list[Path] = []
    folders: list[Path] = []
    try:
        for path, content in contents.items():
            missing = [each for each in (*reversed(path.parents),) if not each.exists()]
            for each in missing:
                each.mkdir()
                folders.append(each)
            with path.open("xb") as file:
                made.append(path)
                file.write(content)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        for each in reversed(folders):
            with contextlib.suppress(OSError):
                each.rmdir()
        raise SettingsError(
            str(error.filename or "this machine"),
            f"it cannot be written: {error.strerror}",
            "nothing was written; mend that, then run `inv init` again",
        ) from None


__all__ = ["FOLDER", "LIKE", "Begun", "begin", "begin_like", "compose_file", "look", "write"]
