from dataclasses import dataclass

import pytest

from deploy.backup.hold import held
from deploy.errors import LockHeld, Unreachable
from deploy.host import Command, Process, Result
from deploy.host.recording import RecordedProcess, RecordingHost

ANN = b'{"owner": "ann@laptop", "since": 0}'


class Gone(RecordedProcess):
    """A process whose end nobody hears of."""

    def wait(self, timeout: float | None = None) -> int | None:  # noqa: ARG002 - the protocol's
        raise Unreachable("server", "the connection broke")


@dataclass
class Breaking(RecordingHost):
    """A host whose connection breaks at the very end."""

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        super().start(command, terminal=terminal)
        return Gone(Result(0, b"held\n"))


def test_what_was_done_meanwhile_stays_done_where_its_end_is_not_heard_of() -> None:
    done = []
    with held(Breaking("server"), "/opt/shop/test", {}, "shop-test-restoring"):
        done.append("restored")
    assert done == ["restored"]


def test_a_failure_meanwhile_is_the_one_that_is_told() -> None:
    with (
        pytest.raises(ValueError, match="of its own"),
        held(Breaking("server"), "/opt/shop/test", {}, "shop-test-restoring"),
    ):
        raise ValueError("of its own")


def test_who_is_at_work_is_told() -> None:
    host = RecordingHost("server", lambda _: Result(77, b"", ANN))
    with pytest.raises(LockHeld, match="ann@laptop works on the snapshots"):  # noqa: SIM117
        with held(host, "/opt/shop/test", {}, "shop-test-restoring"):
            pass
