"""The client may die or be stopped after every step of a deploy."""

from signal import SIGINT, SIGKILL, SIGTERM

import pytest
from client_may_die.interruption import MINUTES, Trial
from stage import Stage

pytestmark = pytest.mark.timeout(MINUTES * 60)


class TestKilled:
    """A class each: those of a file may be played side by side, each worker with its stage."""

    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGKILL).play(subtests)


@pytest.mark.thorough
class TestInterrupted:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGINT).play(subtests)


@pytest.mark.thorough
class TestTerminated:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        Trial(stage, SIGTERM).play(subtests)
