"""nginx dies, or does not listen: what it was answering is lost, and nothing else."""

import http.client
import time

import pytest
from stage import HOST, Stage, wait_until

MOMENT = 0.5  # seconds between a death and what the clients make of it
LOST = "requests, from the death of nginx until Docker has started it again"


def answers(stage: Stage) -> bool:
    connection = http.client.HTTPConnection(stage.address(), stage.port, timeout=2)
    try:
        connection.request("GET", "/x", headers={"Host": HOST})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def kill(stage: Stage, signal: str = "KILL") -> float:
    """Send a signal to the master process of nginx, as the kernel would; return when."""
    nginx = stage.replicas("nginx")[0]
    form = "{{.State.Pid}}"
    at = time.time()
    stage.on_server(f"kill -{signal} $(docker inspect --format '{form}' {nginx})")
    return at


def is_settled(stage: Stage) -> bool:
    head = stage.on_server(f"head -n 1 {stage.root}/upstreams/web.conf")
    return '"settled": true' in head


STEPS = [
    ("while its successor is rehearsed", "done  start 2 web"),
    pytest.param("while it drains", "done  watch web", marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("when", "step"), STEPS)
def test_its_master_is_killed(stage: Stage, when: str, step: str) -> None:
    with stage.scenario(f"nginx is killed {when}") as scenario:
        process = stage.type("deploy", "--env", "staging", "--tag", scenario.new)
        printed = stage.follow(process, step)
        if step == "done  watch web":
            wait_until(lambda: is_settled(stage))
            time.sleep(1)  # the reload comes after the file
        died = kill(stage)
        wait_until(lambda: answers(stage))
        scenario.loses(LOST, died, time.time() + MOMENT)
        ended = stage.ended(process, printed)
        scenario.ends(ended, 0, f"(tag {scenario.new}) serves")
        scenario.serves(scenario.new)


def test_it_is_stopped_by_hand(stage: Stage) -> None:
    with stage.scenario("somebody kills the container of nginx during a deploy") as scenario:
        process = stage.type("deploy", "--env", "staging", "--tag", scenario.new)
        printed = stage.follow(process, "done  start 2 web")
        nginx = stage.replicas("nginx")[0]
        died = time.time()
        stage.on_server(f"docker kill {nginx}")  # Docker takes that for a wish: no restart
        ended = stage.ended(process, printed)
        scenario.ends(ended, 3, "nginx", "not run", "rolled back")
        assert answers(stage)
        reason = "requests, from the death of nginx until the run has started it again"
        scenario.loses(reason, died, time.time())
        scenario.serves(scenario.old)


@pytest.mark.thorough
def test_it_does_not_take_a_reload(stage: Stage) -> None:
    with stage.scenario("nginx hangs and takes no reload, but still serves") as scenario:
        kill(stage, "STOP")
        try:
            ended = scenario.deploy()
        finally:
            kill(stage, "CONT")
        scenario.ends(ended, 3, "did not take the new configuration", "rolled back")
        scenario.serves(scenario.old)
