"""The client may die or be stopped after every step of a rollback."""

from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest
from client_may_die.interruption import MINUTES, Trial
from stage import Stage

pytestmark = pytest.mark.timeout(MINUTES * 60)


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    stage.release(stage.next_tag())  # so that there is one to go back to
    return stage


def test_asked_to_stop(stage: Stage, subtests: pytest.Subtests) -> None:
    Trial(stage, SIGINT, "rollback", "a rollback").play(subtests)


@pytest.mark.thorough
@pytest.mark.parametrize("signal", [SIGKILL, SIGTERM])
def test_stopped_otherwise(stage: Stage, subtests: pytest.Subtests, signal: Signals) -> None:
    Trial(stage, signal, "rollback", "a rollback").play(subtests)
