import pytest
from invoke.exceptions import Exit

from deploy.host import Command, Process, Result
from deploy.host.recording import RecordedProcess, RecordingHost
from deploy.tasks.streams import stream

FOLLOW = ("docker", "compose", "logs", "--follow")


class InterruptedProcess(RecordedProcess):
    """A process that Ctrl-C comes to while it is awaited."""

    def wait(self, timeout: float | None = None) -> int | None:  # noqa: ARG002
        """Be interrupted."""
        raise KeyboardInterrupt


class InterruptedHost(RecordingHost):
    """A host whose processes do not end before Ctrl-C."""

    def start(self, command: Command, *, terminal: bool = False) -> Process:  # noqa: ARG002
        """Return a process that is interrupted."""
        return InterruptedProcess(self.answer(command))


def test_an_exit_code_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as ending:
        stream(RecordingHost(answer=lambda _: Result(7, b"out", b"err")), ("import",))

    assert ending.value.code == 7
    assert capfd.readouterr() == ("out", "err")


def test_what_is_interrupted_has_not_succeeded() -> None:
    with pytest.raises(Exit) as ending:
        stream(InterruptedHost(), ("import",))

    assert ending.value.code == 130


def test_what_has_no_end_of_its_own_ends_well() -> None:
    stream(InterruptedHost(), FOLLOW, endless=True)
