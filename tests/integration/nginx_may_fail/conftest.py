"""The tiny app, with an nginx that Docker starts again when it dies."""

from collections.abc import Callable

import pytest
from stage import Stage


@pytest.fixture(scope="module")
def stage(stages: Callable[..., Stage]) -> Stage:
    again = "    stop_signal: SIGQUIT\n", "    stop_signal: SIGQUIT\n    restart: unless-stopped\n"
    return stages(compose=again)
