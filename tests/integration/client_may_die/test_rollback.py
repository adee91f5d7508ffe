"""The client may die or be stopped after every step of a rollback."""

from signal import SIGINT, SIGKILL, SIGTERM

import pytest
from client_may_die.interruption import MINUTES, Trial
from stage import Stage

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(MINUTES * 60)]


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    stage.release(stage.next_tag())  # so that there is one to go back to
    return stage


class TestInterrupted:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGINT, "rollback", "a rollback").play(subtests)


class TestKilled:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGKILL, "rollback", "a rollback").play(subtests)


class TestTerminated:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGTERM, "rollback", "a rollback").play(subtests)
