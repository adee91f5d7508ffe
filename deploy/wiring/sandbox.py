"""The sandbox as tasks and tests start it: with keys for the snapshots of the examples."""

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from deploy.backup.keys import public_of, write_pair
from deploy.sandbox import Sandbox, Status

KEY, PUBLIC = "backup.key", "backup.pub"


def start_sandbox(
    checkout: Path, tell: Callable[[str], None], extras: Collection[str] = ()
) -> Status:
    """Bring the sandbox of `checkout` up; `tell` is told how it goes. Raises `SandboxError`.

    `extras` are images that its registry is to have besides, such as mariadb.
    """
    sandbox = Sandbox.at(checkout)
    status = sandbox.up(tell, extras)
    _ensure_keys(sandbox.state)
    return status


def _ensure_keys(folder: Path) -> None:
    """Have a key pair there; of several processes that make one, one wins."""
    if (folder / PUBLIC).exists():
        return
    mine = folder / f"{KEY}.{os.getpid()}"
    write_pair(mine)
    with suppress(FileExistsError):
        os.link(mine, folder / KEY)
    mine.unlink()  # it is KEY itself where this process was the first
    mine.write_text(f"{public_of(folder / KEY)}\n", encoding="utf-8")
    mine.replace(folder / PUBLIC)
