import signal
from typing import Any

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from deploy.errors import Interrupted, NeedsPerson, RolledBack, SettingsError
from deploy.tasks.base import task


def exit_code_of(error: BaseException) -> int:
    @task()
    def fail(_c: Any) -> None:
        """Fail."""
        raise error

    with pytest.raises(Exit) as ending:
        fail(Context())
    return ending.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("--env", "no environment is named", "choose one"), 1),
        (RolledBack("web", "it crashed; rolled back", "mend it"), 3),
        (NeedsPerson("web", "it crashed", "run `inv status`"), 4),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(
    error: SettingsError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(error) == code

    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"{error}\n")


def test_evidence_stands_above_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(RolledBack("web", "it crashed", detail="  | out of memory\n"))

    assert capsys.readouterr().err == "  | out of memory\nweb: it crashed.\n"


def test_an_interruption_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(KeyboardInterrupt()) == 1
    assert capsys.readouterr().err == f"{Interrupted()}\n"


def test_a_request_to_end_is_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    @task()
    def stop(_c: Any) -> None:
        """Be asked to end."""
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Exit) as ending:
        stop(Context())

    assert ending.value.code == 1
    assert capsys.readouterr().err == f"{Interrupted()}\n"


def test_a_mistake_of_ours_stays_a_traceback() -> None:
    @task()
    def fail(_c: Any) -> None:
        """Fail."""
        raise AssertionError("a bug")

    with pytest.raises(AssertionError, match="a bug"):
        fail(Context())


def test_a_run_that_ended_deaf_leaves_the_next_task_hearing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.tasks.base._IN_THE_BACKGROUND", False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    @task()
    def wait(_c: Any) -> None:
        """Wait."""
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(Exit):
        wait(Context())
    assert capsys.readouterr().err == f"{Interrupted()}\n"
