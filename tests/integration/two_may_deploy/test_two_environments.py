"""Two environments of an app share a server, and are deployed at once: neither sees the other."""

from collections.abc import Callable

import pytest
from own_registry import OwnRegistry
from stage import Stage


@pytest.fixture(scope="module")
def other(stages: Callable[..., Stage], stage: Stage) -> Stage:
    """Another environment of the stage's app, on the same server, under traffic of its own."""
    return stages(app=stage.app, env="second")


def keep_one_release(stage: Stage) -> None:
    settings = stage.folder / "deploy.toml"
    settings.write_text(settings.read_text().replace("keep = 3", "keep = 1"))


def deploy_both(stage: Stage, other: Stage, **variables: str) -> None:
    """Deploy both in the same moment, the other one with `variables`."""
    pairs = [(stage, stage.next_tag(), {}), (other, other.next_tag(), variables)]
    clients = [
        (one, tag, one.type("deploy", "--env", one.env, "--tag", tag, **more))
        for one, tag, more in pairs
    ]
    for one, tag, client in clients:
        ended = one.ended(client)
        assert ended.code == 0, ended.all
        one.tag = tag


@pytest.mark.thorough
def test_neither_sees_stops_or_prunes_what_is_the_other_s(
    stage: Stage, other: Stage, registry: OwnRegistry
) -> None:
    image = registry.image("shared")
    fault = "another environment of the app is deployed on the same server, in the same moment"
    with stage.scenario(fault) as scenario:
        for one in (stage, other):
            keep_one_release(one)
        stage.release(stage.next_tag(), WEB_IMAGE=image)
        other.release(other.next_tag(), WEB_IMAGE=image)
        for _ in range(2):  # after the second, no release of the stage names the image
            deploy_both(stage, other, WEB_IMAGE=image)
            other.assert_converged()
        pinned = other.current()["images"][image]
        assert pinned not in stage.on_server(f"cat {stage.root}/releases/*/images")
        assert stage.on_server(f"docker image inspect -f kept {pinned}") == "kept\n"
        scenario.dies("nothing of it")
        scenario.converge()
        other.assert_converged()
        assert other.so_far()["failures"] == []
