"""The server, or its Docker, may go down at any moment: what comes back serves, whole."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from running import Running
from stage import Scenario, Stage, wait_until

pytestmark = pytest.mark.usefixtures("production_alone")
DONE, ROLLED_BACK = 0, 3
STEADY, PAUSE = 6, 0.5  # good answers in a row, and seconds between them
LONGEST = 60  # seconds from the fault to those
POWER = "a server without power answers nobody"
DOCKER = "containers stop with Docker"


@pytest.fixture(scope="module")
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages(server="production", prepare=always_restarted)


def always_restarted(stage: Stage) -> None:
    """Let Docker start the app again whenever it comes up itself."""
    compose = stage.folder / "compose.yaml"
    text = compose.read_text()
    compose.write_text(re.sub(r"(?m)^    image: ", "    restart: always\n    image: ", text))


def power_cut(stage: Stage) -> None:
    """Take the server's power away and give it back."""
    container = stage.sandbox.container(stage.server)
    address = stage.address()
    for argv in (["kill", "--signal", "KILL"], ["start"]):
        subprocess.run(["docker", *argv, container], check=True, capture_output=True)
    assert stage.address() == address


def restart_docker(stage: Stage) -> None:
    stage.on_server("systemctl restart docker")


def kill_docker(stage: Stage) -> None:
    stage.on_server("kill -KILL $(pidof dockerd)")


def wait_until_it_serves(scenario: Scenario) -> None:
    """Wait until nginx answers well again and again, no longer than a reboot may take."""
    good = 0
    # A Docker that was killed stops its containers only when it starts again.
    docker = "timeout 5 docker info >/dev/null 2>&1 && echo up"
    wait_until(lambda: scenario.stage.on_server(docker) == "up\n", 60)

    def steady() -> bool:
        nonlocal good
        time.sleep(PAUSE)
        good = good + 1 if scenario.stage.serving() in {scenario.old, scenario.new} else 0
        return good == STEADY

    wait_until(steady, 120)


@dataclass(frozen=True)
class Fault:
    """What befalls the server, and what that makes impossible."""

    words: str
    befall: Callable[[Stage], None]
    impossible: str


FAULTS = [
    pytest.param(Fault("the server loses power", power_cut, POWER), id="power"),
    pytest.param(
        Fault("Docker is restarted", restart_docker, DOCKER),
        id="restart",
        marks=pytest.mark.thorough,
    ),
    pytest.param(
        Fault("Docker is killed", kill_docker, DOCKER), id="kill", marks=pytest.mark.thorough
    ),
]
MOMENTS = [
    pytest.param("while new replicas start", "start web", id="start", marks=pytest.mark.thorough),
    pytest.param("right after the switch", "watch", id="switch", marks=pytest.mark.thorough),
    pytest.param("during drain", "drain", id="drain"),
]


@pytest.mark.parametrize(("when", "step"), MOMENTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_it_goes_down(stage: Stage, fault: Fault, when: str, step: str) -> None:
    with stage.scenario(f"{fault.words} {when}") as scenario:
        running = Running(
            stage, "deploy", "--env", "staging", "--tag", scenario.new, MODE="slowstart"
        )
        wait_until(lambda: stage.step() == step)
        since = time.time()
        fault.befall(stage)
        wait_until_it_serves(scenario)
        until = time.time()
        assert until - since < LONGEST
        scenario.loses(fault.impossible, since, until)
        ended = running.ends()
        assert ended.code in {DONE, ROLLED_BACK}, ended.all
        scenario.ends(ended, ended.code, "serves")
        scenario.serves(scenario.old if ended.code else scenario.new)
        scenario.status()
