"""The clock here and the clock of the server may differ: no decision compares them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import Running
from stage import Stage

pytestmark = pytest.mark.thorough

REFUSED = 1
DIFFERENT = """
import time
now = time.time
time.time = lambda: now() + {seconds}
"""


@contextmanager
def clock(stage: Stage, folder: Path, seconds: int) -> Iterator[None]:
    """Let `inv` run on a clock that is `seconds` ahead."""
    (folder / "sitecustomize.py").write_text(DIFFERENT.format(seconds=seconds))
    with stage.having(PYTHONPATH=str(folder)):
        yield


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ("the clock here is five minutes fast", 300),
        ("the clock here is five minutes slow", -300),
    ],
    ids=["fast", "slow"],
)
def test_a_lock_is_as_old_as_the_server_says(
    stage: Stage, tmp_path: Path, fault: str, seconds: int
) -> None:
    with stage.scenario(fault) as scenario:
        arguments = ("deploy", "--env", "staging", "--tag", scenario.new)
        first = Running(stage, *arguments, MODE="slowstart")
        first.says("starting")
        with clock(stage, tmp_path, seconds):
            second = stage.inv(*arguments)
            assert second.code == REFUSED, second.all
            assert "is at work here: deploy" in second.err
            assert first.ends().code == 0
            scenario.ends(scenario.deploy(), 0, "serves")
            back = stage.inv("rollback", "--env", "staging")
            assert back.code == 0, back.all
        assert stage.current()["created_at"] < time.time()
