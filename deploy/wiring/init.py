"""The start with an app of one's own: what it lacks to be deployed is written, or nothing is."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import SettingsError
from deploy.init import Choice, draft
from deploy.init.facts import FOLDER
from deploy.init.like import LIKE, adapted, is_source, place_of
from deploy.init.texts import TASKS
from deploy.settings import FILE
from deploy.wiring.app import find_checkout
from deploy.wiring.look import ELSEWHERE, look

_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
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


def compose_file(folder: Path, name: str = "") -> Path | None:
    """Return a folder's Compose file: `name`, or as Compose finds it. Raises `SettingsError`."""
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "name one with --folder")
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
    texts |= {checkout / path: text for path, text in made.top.items()}
    if checkout != folder and checkout / "compose" in folder.parents:
        workflow = checkout / ".github/workflows/deploy.yml"
        texts[workflow.with_stem(f"deploy-{app}")] = texts.pop(workflow)
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
    contents: dict[Path, bytes] = {}
    for path in _files(source, like):
        place = place_of(path, like)
        if place is None or (is_source(path) and place.split("/")[0] in own):
            continue
        content = (source / path).read_bytes()
        if not is_source(path):
            content = adapted(place, content.decode(), like, app).encode()
        contents[folder / place] = content
    contents[checkout / "tasks.py"] = TASKS.encode()
    contents[folder / ".gitignore"] = b".env\n.env.*\n!.env.example\n.sandbox/\nnode_modules/\n"
    parts = sorted(
        {
            p.relative_to(folder).parts[0]
            for p in contents
            if p.is_relative_to(folder / "backend") or p.is_relative_to(folder / "frontend")
        }
    )
    choices = [Choice(f"a start like {like}", LIKE[like], str(folder / "compose.yaml"))]
    choices += [
        Choice(
            f"{part}/ is the example's",
            "so that it deploys as it is",
            f"put your own there; its port is `expose` of {part} in compose.yaml",
        )
        for part in parts
    ]
    choices += [
        Choice(
            f"{part}/ is yours",
            "it was there",
            f"`expose` and `healthcheck` of {part} in compose.yaml must fit it",
        )
        for part in ("backend", "frontend")
        if part in own
    ]
    return _begun(app, folder, checkout, contents, tuple(choices))


def _named(app: str, folder: Path) -> str:
    name = app or re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise SettingsError("--app", f"{name!r} is no name", "use a-z, 0-9 and dashes")
    return name


def _refuse_second(folder: Path) -> None:
    if (folder / FILE).exists():
        wrong = "it is there already: this app has begun"
        raise SettingsError(str(folder / FILE), wrong, "edit it, or remove it to begin anew")


def _files(source: Path, like: str) -> Iterator[str]:
    for top in (f"compose/{like}", "nginx", f"examples/{like}"):
        for path in sorted((source / top).rglob("*")):
            place = path.relative_to(source)
            private = path.name.startswith(".env") and path.name != ".env.example"
            if (
                path.is_file()
                and not private
                and not ELSEWHERE & (set(place.parts) - {"tests", "test"})
                and "__pycache__" not in place.parts
            ):
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
