import pytest

from deploy.errors import CommandFailed, EngineError, LockLost, ProxyError
from deploy.host import Command, Result, Run, Step, run_step, step_script
from deploy.host.recording import RecordingHost

RUN = Run("/opt/app/test", "run1")
STEP = Step(
    step_script("deploy.engine.compose", "stop.sh"),
    'stop "web"',
    ("10", "-", "abc"),
    {46: lambda text: ProxyError("there", text)},
    stdin=b"data",
    timeout=7,
)


def ending(code: int, error: bytes = b"") -> RecordingHost:
    return RecordingHost("server", lambda _: Result(code, b"", error))


def test_a_step_is_one_command_with_its_run_and_title() -> None:
    host = ending(0)

    run_step(host, Run(RUN.root, "run1"), STEP)

    command: Command = host.commands[0]
    assert command.argv[3:] == ("stop", RUN.root, "run1:1", '"stop \\"web\\""', "10", "-", "abc")
    assert command.argv[2].startswith("# shellcheck shell=sh\n# Put in front of every script")
    assert (command.stdin, command.timeout) == (b"data", 7)


def test_its_own_exit_codes_are_its_own_errors() -> None:
    with pytest.raises(ProxyError, match="there: it will not go"):
        run_step(ending(46, b"it will not go\n"), RUN, STEP)


def test_a_step_behind_one_that_does_not_end_says_which() -> None:
    with pytest.raises(EngineError, match='does not end: still running here: "migrate"'):
        run_step(ending(75, b'still running here: "migrate"'), RUN, STEP)


@pytest.mark.parametrize(("holder", "named"), [(b"ann", "held by ann"), (b"", "held by nobody")])
def test_a_lost_lock_says_to_whom(holder: bytes, named: str) -> None:
    with pytest.raises(LockLost, match=named):
        run_step(ending(76, holder), RUN, STEP)


def test_any_other_exit_code_is_a_failed_command() -> None:
    with pytest.raises(CommandFailed, match="server: `stop` ended with exit code 2. oops"):
        run_step(ending(2, b"oops"), RUN, STEP)


def test_a_full_disk_is_called_so() -> None:
    with pytest.raises(EngineError, match=r"server: its disk is full: .stop \"web\". could not"):
        run_step(ending(1, b"cat: write error: No space left on device"), RUN, STEP)


def test_signs_of_life_are_not_shown() -> None:
    lines: list[str] = []

    run_step(RecordingHost(answer=lambda _: Result(0, b".\nready\n.\n")), RUN, STEP, lines.append)

    assert lines == ["ready"]
