"""This machine, by subprocess."""

import getpass
import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from deploy.errors import HostError
from deploy.host.base import Process, communicate
from deploy.host.command import Command, Result


def owner() -> str:
    """Return who this process runs for, as others are told: `user@machine`."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class LocalProcess:
    """A child process."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
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
        """Kill it, and let it go."""
        self._child.kill()
        self._child.wait()


@dataclass(frozen=True)
class LocalHost:
    """Runs commands here. `environment` is added to this process's own; `folder` is where."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    name: str = "this machine"

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start `command` as a child; with `terminal` it shares ours."""
        pipe = None if terminal else subprocess.PIPE
        try:
            child = subprocess.Popen(
                command.argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=self.folder,
                env={**os.environ, **self.environment},
            )
        except FileNotFoundError as error:
            raise HostError(
                self.name,
                f"`{error.filename}` is not there",
                f"install `{command.argv[0]}`, or mend the path",
            ) from None
        except PermissionError as error:
            raise HostError(self.name, f"`{error.filename}` may not be run") from None
        return LocalProcess(child)

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Run `command` to its end."""
        return communicate(self.name, self.start(command), command, watch)

    def close(self) -> None:
        """Do nothing: there is no connection."""
