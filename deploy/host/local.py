"""This machine, by subprocess."""

import getpass
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from deploy.errors import HostError
from deploy.host.base import Process, communicate
from deploy.host.command import Command, Result

_MERCY = 2.0  # seconds to end in, after SIGTERM


def owner() -> str:
    """Return who this process runs for, as others are told: `user@machine`."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class LocalProcess:
    """A child process; where it does not share our terminal, the first of a session of its own."""

    def __init__(self, child: "subprocess.Popen[bytes]", *, terminal: bool) -> None:
        self._child, self._terminal = child, terminal
        self.stdin = cast("BinaryIO", child.stdin)
        self.stdout = cast("BinaryIO", child.stdout)
        self.stderr = cast("BinaryIO", child.stderr)

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code, or None when `timeout` seconds passed first."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it and what it has started; what ignores SIGTERM tidies up behind it."""
        if not self._terminal and self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGTERM)
            self.wait(_MERCY)
        self._child.kill()
        self._child.wait()


@dataclass(frozen=True)
class LocalHost:
    """Runs commands here. `environment` is added to this process's own; `folder` is where."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    name: str = "this machine"

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start `command` as a child; with `terminal` it shares ours.

        Else Ctrl-C there is for us alone: as on another machine, who keeps a lock keeps it, and
        steps go on, until we end them.
        """
        pipe = None if terminal else subprocess.PIPE
        try:
            child = subprocess.Popen(
                command.argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=not terminal,
            )
        except FileNotFoundError as error:
            raise HostError(
                self.name,
                f"`{error.filename}` is not there",
                f"install `{command.argv[0]}`, or mend the path",
            ) from None
        except PermissionError as error:
            raise HostError(self.name, f"`{error.filename}` may not be run") from None
        return LocalProcess(child, terminal=terminal)

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Run `command` to its end."""
        return communicate(self.name, self.start(command), command, watch)

    def close(self) -> None:
        """Do nothing: there is no connection."""
