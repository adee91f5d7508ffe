"""The client may die or be stopped after every step of a deploy."""

from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest
from client_may_die.interruption import MINUTES, Trial
from stage import Stage

pytestmark = pytest.mark.timeout(MINUTES * 60)


def test_killed(stage: Stage, subtests: pytest.Subtests) -> None:
    Trial(stage, SIGKILL).play(subtests)


@pytest.mark.thorough
@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
def test_asked_to_stop(stage: Stage, subtests: pytest.Subtests, signal: Signals) -> None:
    Trial(stage, signal).play(subtests)
