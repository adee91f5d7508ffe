"""The client may die or be stopped after every step of a deploy that replaces nginx as well."""

from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest
from client_may_die.interruption import MINUTES, Trial
from stage import Stage

IMAGES = ("nginx:1.29-alpine", "nginx:1.30-alpine")

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(MINUTES * 60)]


def replacing_nginx(stage: Stage, signal: Signals) -> Trial:
    def another() -> dict[str, str]:
        runs = stage.on_server(
            f"docker inspect -f '{{{{.Config.Image}}}}' {stage.replicas('nginx')[0]}"
        )
        return {"NGINX_IMAGE": next(image for image in IMAGES if image not in runs)}

    return Trial(stage, signal, where="a deploy of a new nginx", variables=another)


class TestKilled:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        replacing_nginx(stage, SIGKILL).play(subtests)


class TestInterrupted:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        replacing_nginx(stage, SIGINT).play(subtests)


class TestTerminated:
    def test_after_every_step(self, stage: Stage, subtests: pytest.Subtests) -> None:
        replacing_nginx(stage, SIGTERM).play(subtests)
