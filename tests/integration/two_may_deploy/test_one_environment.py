"""Two may deploy to one environment at once: one of them does, and the other is told."""

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from stage import Scenario, Stage, wait_until
from workspace import Ended

from deploy.rollout.lock import EXPIRY

if TYPE_CHECKING:
    import subprocess

HELD = "is at work here: deploy"


def start(stage: Stage, tag: str, **variables: str) -> "subprocess.Popen[str]":
    return stage.type("deploy", "--env", stage.env, "--tag", tag, **variables)


def journal(stage: Stage) -> list[dict[str, Any]]:
    lines = stage.on_server(f"cat {stage.root}/journal.jsonl").splitlines()
    return [json.loads(line) for line in lines]


def begun(stage: Stage) -> int:
    return sum(entry.get("note") == "begin" for entry in journal(stage))


def assert_went_through(scenario: Scenario, ended: Ended, tag: str) -> None:
    assert ended.code == 0, ended.all
    scenario.stage.tag = tag
    scenario.stage.assert_converged()


def test_while_another_is_at_work(stage: Stage) -> None:
    with stage.scenario("a second deploy while one is at work") as scenario:
        runs = begun(stage)
        first = start(stage, scenario.new, MONITOR="4s")
        stage.follow(first, "done  lock")
        second = stage.deploy("second")
        scenario.ends(second, 1, HELD, "wait until it has ended")
        assert_went_through(scenario, stage.ended(first), scenario.new)
        assert begun(stage) == runs + 1


def test_in_the_very_same_moment(stage: Stage) -> None:
    with stage.scenario("three deploys in the same moment") as scenario:
        runs = begun(stage)
        tags = [scenario.new, "second", "third"]
        clients = [start(stage, tag) for tag in tags]
        ended = {tag: stage.ended(client) for tag, client in zip(tags, clients, strict=True)}
        winners = [tag for tag in tags if ended[tag].code == 0]
        assert len(winners) == 1, [one.all for one in ended.values()]
        for tag in {*tags} - {*winners}:
            scenario.ends(ended[tag], 1, HELD, "wait until it has ended")
        assert_went_through(scenario, ended[winners[0]], winners[0])
        assert begun(stage) == runs + 1


def test_the_first_sleeps_for_a_while(stage: Stage) -> None:
    with stage.scenario("the client sleeps for five seconds, and keeps its lock") as scenario:
        first = start(stage, scenario.new)
        stage.follow(first, "done  lock")
        first.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: age_of_lock(stage) >= 5)
            second = stage.deploy("second")
        finally:
            first.send_signal(signal.SIGCONT)
        scenario.ends(second, 1, HELD, "last heartbeat ")
        assert_went_through(scenario, stage.ended(first), scenario.new)


@pytest.mark.thorough
@pytest.mark.parametrize("line", ["lock", "start", "switch", "stop"])
def test_the_first_sleeps_until_its_lock_is_stale(stage: Stage, line: str) -> None:
    fault = f"the client sleeps after `{line}` until its lock is stale, and wakes after a takeover"
    with stage.scenario(fault) as scenario:
        first = start(stage, scenario.new)
        stage.follow(first, f"done  {line}")
        first.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: age_of_lock(stage) >= EXPIRY, EXPIRY + 30)
            scenario.status("lock")
            second = scenario.deploy()
            assert second.code == 0, second.all
            assert "found: deploy " in second.out
            stage.tag = scenario.new
            before = stage.containers(), stage.current()
        finally:
            first.send_signal(signal.SIGCONT)
        scenario.ends(stage.ended(first), 4, "the lock is no longer ours", "`inv status`")
        assert (stage.containers(), stage.current()) == before
        stage.assert_converged()
        taken = [one for one in journal(stage) if one.get("note") == "took over an abandoned lock"]
        assert taken
        assert taken[-1]["holder"]["reason"].startswith("deploy")


def age_of_lock(stage: Stage) -> int:
    """Return the seconds since the last heartbeat; none where there is no lock."""
    beat = f"$(stat -c %Y {stage.root}/lock/heartbeat 2>/dev/null || date +%s)"
    return int(stage.on_server(f"echo $(($(date +%s) - {beat}))"))
