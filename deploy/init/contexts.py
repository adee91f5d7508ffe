"""What images are built from, and how what is secret there stays out of them. Pure."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from os.path import relpath
from pathlib import PurePosixPath

from deploy.init.facts import FOLDER, Choice, Context, Facts


def new_ignores(facts: Facts) -> dict[str, str]:
    """Return each `.dockerignore` that the repository lacks, by its path there."""
    return {
        relpath(context.ignore, facts.checkout): "".join(f"{path}/\n" for path in paths)
        for context, paths in _holding(facts)
        if _is_new(context, facts)
    }


def about_contexts(facts: Facts) -> Iterator[Choice]:
    """Tell of what stays out of images, and of what to add so that it does."""
    for context, paths in _holding(facts):
        where = relpath(context.ignore, facts.folder)
        missing = [path for path in paths if not _ignored(path, context.text or "")]
        if _is_new(context, facts):
            yield Choice(f"images are built without {paths[0]}/", "it has the env files", where)
        elif missing:
            shown = " and ".join(f"{path}/" for path in missing)
            why = "or `COPY . .` takes env files and keys into the image"
            yield Choice(f"add {shown} to {where}", why, where)


def _holding(facts: Facts) -> Iterator[tuple[Context, list[str]]]:
    """Yield the contexts that hold secrets, and where in them these lie."""
    secret = (f"{facts.folder}/{FOLDER}", f"{facts.checkout}/.sandbox")
    for context in facts.contexts:
        paths = [
            relpath(path, context.folder)
            for path in secret
            if PurePosixPath(path).is_relative_to(context.folder)
        ]
        if paths:
            yield context, paths


def _is_new(context: Context, facts: Facts) -> bool:
    ours = PurePosixPath(context.folder).is_relative_to(facts.checkout)
    return context.text is None and ours


def _ignored(path: str, text: str) -> bool:
    """Whether a path stays out: by the last line that means it, or a folder in which it lies."""
    places = (path, *map(str, PurePosixPath(path).parents))
    found = False
    for line in text.splitlines():
        pattern = line.strip().removeprefix("!").strip("/")
        anywhere = pattern.removeprefix("**/")
        if any(fnmatchcase(place, pattern) for place in places) or (
            anywhere != pattern and any(fnmatchcase(p, anywhere) for p in PurePosixPath(path).parts)
        ):
            found = not line.startswith("!")
    return found
