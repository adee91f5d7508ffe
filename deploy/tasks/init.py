"""init: the start with an app of one's own."""

from typing import TYPE_CHECKING, Any

from deploy.tasks.base import YES_HELP, task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from deploy.wiring.init import Begun

_MANY = 20  # files; more are told by their folders
_FOLDER_HELP = "folder of the app, where its Compose file is (default: here)"
_APP_HELP = "name of the app: a-z, 0-9 and dashes (default: the folder's name)"
_LIKE_HELP = "without a Compose file: the example that the app resembles, such as loc8"


_FILE_HELP = "Compose file in that folder (default: as Compose finds it)"


@task(
    help={
        "folder": _FOLDER_HELP,
        "file": _FILE_HELP,
        "app": _APP_HELP,
        "like": _LIKE_HELP,
        "yes": YES_HELP,
    }
)
def init(
    _c: Any,
    folder: str = "",
    file: str = "",
    app: str = "",
    like: str = "",
    yes: bool = False,
) -> None:
    """Begin with an app: write what its Compose file lacks, and say why."""
    import sys
    from pathlib import Path

    from deploy.errors import SettingsError
    from deploy.tasks import show
    from deploy.wiring.init import LIKE, begin, begin_like, compose_file

    here = Path(folder).expanduser() if folder else Path.cwd()
    found = compose_file(here, file)
    out = show.console()
    if found and like:
        raise SettingsError(
            "--like", f"{found} is there", "leave --like out, or move that file away"
        )
    if found:
        _tell(out, begin(here, app, file))
        return
    if not like and (yes or not sys.stdin.isatty()):
        raise SettingsError(
            str(here),
            "there is no Compose file",
            f"write one, or name what it resembles: --like {' | '.join(LIKE)}",
        )
    _tell(out, begin_like(here, app, like or _asked(out, LIKE)))


def _asked(out: "Console", like: dict[str, str]) -> str:
    from deploy.errors import SettingsError

    out.print("There is no Compose file here. Which of these does the app resemble?")
    names = list(like)
    for number, name in enumerate(names, 1):
        out.print(f"  {number}  {name}: {like[name]}", markup=False)
    try:
        answer = input("Number or name: ").strip()
    except EOFError:
        answer = ""
    if answer.isdigit() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    if answer in names:
        return answer
    raise SettingsError(
        "the answer", f"{answer!r} is none of them", "type a number or a name, or give --like"
    )


def _tell(out: "Console", begun: "Begun") -> None:
    """Say what was decided, what was written, and what to type next."""
    import os
    import shlex
    from pathlib import Path

    from deploy.wiring.app import git_revision

    for choice in begun.choices:
        where = f" [{choice.where}]" if choice.where else ""
        out.print(f"- {choice.what}: {choice.why}.{where}", markup=False)
    out.print()
    for path in _shown(begun.written):
        out.print(f"written: {os.path.relpath(path)}", markup=False)
    for path in begun.stayed:
        out.print(f"there already, and left as it is: {os.path.relpath(path)}", markup=False)
    out.print()
    out.print("Next:")
    if begun.folder != Path.cwd():
        out.print(f"  cd {shlex.quote(os.path.relpath(begun.folder))}", markup=False)
    up = (begun.checkout / ".sandbox" / "ssh_config").exists() and not begun.extras
    extras = "".join(f" --extra {name}" for name in begun.extras)
    steps = [] if up else [f"inv sandbox.up{extras}"]
    place = " --env staging"
    tag = "" if git_revision(begun.checkout) else " --tag v1"
    steps += [
        f"inv env.init{place}",
        f"inv build{place}{tag}",
        f"inv push{place}{tag}",
        f"inv deploy{place}{tag}",
    ]
    for step in steps:
        out.print(f"  {step}", markup=False)


def _shown(paths: "Sequence[Path]") -> "list[Path]":
    """Return what is shown of many files: their folders."""
    if len(paths) <= _MANY:
        return list(paths)
    return list(dict.fromkeys(path.parent for path in paths))
