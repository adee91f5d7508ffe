"""A host that runs nothing and remembers everything: it serves `--dry-run` and the unit tests."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from deploy.host.base import Process
from deploy.host.command import Command, Result


def succeed(_command: Command) -> Result:
    """Answer every command with exit code 0 and no output."""
    return Result(0)


class RecordedProcess:
    """A process that has already ended."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self.stdin: BinaryIO = io.BytesIO()
        self.stdout: BinaryIO = io.BytesIO(result.stdout)
        self.stderr: BinaryIO = io.BytesIO(result.stderr)

    def wait(self, timeout: float | None = None) -> int | None:  # noqa: ARG002 - the protocol's
        """Return the exit code it was given."""
        return self._result.exit_code

    def kill(self) -> None:
        """Do nothing."""


@dataclass
class RecordingHost:
    """Remembers each command in `commands`, in order, and answers by `answer`."""

    name: str = "recording"
    answer: Callable[[Command], Result] = succeed
    commands: list[Command] = field(default_factory=list)

    def start(self, command: Command, *, terminal: bool = False) -> Process:  # noqa: ARG002
        """Remember `command`; return a process that ends as `answer` says."""
        self.commands.append(command)
        return RecordedProcess(self.answer(command))

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Remember `command` and answer it."""
        self.commands.append(command)
        result = self.answer(command)
        for line in result.text.splitlines() if watch else []:
            watch(line)  # type: ignore[misc]  # guarded by the condition above
        return result

    def close(self) -> None:
        """Do nothing."""
