"""The registry may fail in any way: then there is nothing to deploy, and nothing was changed."""

import os
import pty
import subprocess

import pytest
from own_registry import OwnRegistry
from stage import Scenario, Stage
from workspace import INV, Ended

FAULTS = [
    ("asks for fewer requests (429)", "busy", ("too many requests", "[registry] of deploy.toml")),
    pytest.param(
        *("has lost a part of the image", "partial", ("has lost a part of", "`inv push`")),
        marks=pytest.mark.thorough,
    ),
    pytest.param(
        *("no longer has the image", "gone", ("there is no image", "`inv push`")),
        marks=pytest.mark.thorough,
    ),
]
SLOW = [
    ("delivers 512 bytes a second", "slow"),
    pytest.param("takes the request and never answers", "stalled", marks=pytest.mark.thorough),
]


def assert_untouched(scenario: Scenario, containers: list[str]) -> None:
    """The old release serves from the same containers, and no file was left on the server."""
    scenario.serves(scenario.old)
    scenario.status(f"tag {scenario.old}")
    assert scenario.stage.containers() == containers
    assert scenario.stage.left() == scenario.stage.tidy


@pytest.mark.parametrize(("fault", "mode", "words"), FAULTS)
def test_it_refuses(
    stage: Stage, registry: OwnRegistry, fault: str, mode: str, words: tuple[str, ...]
) -> None:
    with stage.scenario(f"the registry {fault}") as scenario:
        containers, image = stage.containers(), registry.image(scenario.new)
        registry.fails(mode)
        ended = scenario.deploy(WEB_IMAGE=image)
        registry.works()
        scenario.ends(ended, 1, image, *words)
        assert_untouched(scenario, containers)
        scenario.converge(WEB_IMAGE=image)


@pytest.mark.parametrize(("fault", "mode"), SLOW)
def test_it_is_slow(stage: Stage, registry: OwnRegistry, fault: str, mode: str) -> None:
    with stage.scenario(f"the registry {fault}") as scenario:
        containers, image = stage.containers(), registry.image(scenario.new)
        registry.fails(mode)
        with stage.edited("deploy.toml", ("keep = 3", 'keep = 3\npull = "5s"')):
            ended = scenario.deploy(WEB_IMAGE=image)
        registry.works()
        wrong = f"{registry.address} did not deliver {image} within 5 s"
        scenario.ends(ended, 1, wrong, "`pull` in [rollout]")
        assert_untouched(scenario, containers)
        assert stage.on_server("pgrep -af 'docker [p]ull'") == ""
        scenario.converge(WEB_IMAGE=image)


def test_it_is_down(stage: Stage, registry: OwnRegistry) -> None:
    with stage.scenario("the registry is down") as scenario:
        containers, image = stage.containers(), registry.image(scenario.new)
        registry.stop()
        ended = scenario.deploy(WEB_IMAGE=image)
        registry.start()
        scenario.ends(ended, 1, f"{registry.address} does not answer", "deploy again")
        assert_untouched(scenario, containers)
        scenario.converge(WEB_IMAGE=image)


@pytest.mark.thorough
def test_the_image_goes_between_plan_and_pull(stage: Stage, registry: OwnRegistry) -> None:
    with stage.scenario("the image is deleted between plan and pull") as scenario:
        containers, image = stage.containers(), registry.image(scenario.new)
        url = 'url = "http://tiny.test/health"'
        with stage.edited("deploy.toml", (url, f"{url}\nconfirm = true")):
            ended = deploy_and_confirm(scenario, registry, image)
        registry.works()
        scenario.ends(ended, 1, f"there is no image {image}", "`inv push`")
        assert_untouched(scenario, containers)
        scenario.converge(WEB_IMAGE=image)


def deploy_and_confirm(scenario: Scenario, registry: OwnRegistry, image: str) -> Ended:
    """Deploy, and take the image away when the plan is shown and yes is to be typed."""
    keyboard, terminal = pty.openpty()
    argv = [str(INV), "deploy", "--env", "staging", "--tag", scenario.new]
    variables = scenario.stage.variables(WEB_IMAGE=image)
    with subprocess.Popen(
        argv,
        cwd=scenario.stage.folder,
        env=variables,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        shown = bytearray()
        while not shown.endswith(b"Type yes: "):
            char = process.stdout.read(1)
            assert char, shown.decode()
            shown += char
        registry.fails("gone")
        os.write(keyboard, b"yes\n")
        rest = process.stdout.read()
    os.close(keyboard)
    os.close(terminal)
    return Ended(process.returncode, shown.decode(), rest.decode())
