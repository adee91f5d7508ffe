"""A new image may be bad in any way: users never meet it, or for no longer than it takes to see."""

import time
import uuid

import pytest
from stage import Stage, wait_until
from workspace import Ended

CHECK = "exec 3<>"  # how the health check begins
CRASH = 3  # with which MODE=later ends
UNHEARD = 3.0  # seconds from a death: nginx asks DNS every 2 s, and then gives up what it retries
NEVER = [
    ("crashes on boot", "boot", "exit code 1"),
    pytest.param("is never healthy", "unhealthy", "unhealthy", marks=pytest.mark.thorough),
    ("is healthy in Docker, but answers 500 through nginx", "proxy", "answers 500"),
    pytest.param(
        *("starts in one of two replicas only", "half", "exit code 1"), marks=pytest.mark.thorough
    ),
]


@pytest.mark.parametrize(("fault", "mode", "why"), NEVER)
def test_it_never_serves(stage: Stage, fault: str, mode: str, why: str) -> None:
    with stage.scenario(f"the new image {fault}") as scenario:
        scenario.ends(scenario.deploy(MODE=mode), 3, "rolled back")
        assert why in scenario.printed
        scenario.serves(scenario.old)
        scenario.status(f"tag {scenario.old}")


@pytest.mark.thorough
def test_its_health_check_hangs(stage: Stage) -> None:
    with stage.scenario("the health check of the new image hangs") as scenario:
        changes = (
            (CHECK, f"sleep 3600; {CHECK}"),
            ("      start_period: 10s", "      start_period: 1s"),
        )
        with stage.edited("compose.yaml", *changes):
            scenario.ends(scenario.deploy(), 3, "rolled back", "unhealthy")
        assert "Health check exceeded timeout" in scenario.printed
        scenario.serves(scenario.old)


def crash(stage: Stage, *names: str) -> float:
    """Have replicas crash, as one does that meets what it cannot handle; return since when."""
    since = time.time()
    ask = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/crash')"
    for name in names:
        stage.on_server(f'docker exec {name} python3 -c "{ask}"')
    return since


WATCHED = "what a replica was answering as it crashed, or nginx sent it before DNS told of it"
DRAINING = "requests, until the old replicas serve again"


def crash_after(stage: Stage, step: str, tag: str, monitor: str) -> tuple[Ended, float]:
    """Deploy, and crash the new replicas as soon as a step is done: how it ends, since when."""
    old = stage.replicas()
    process = stage.type("deploy", "--env", "staging", "--tag", tag, MONITOR=monitor)
    printed = stage.follow(process, f"done  {step}")
    since = crash(stage, *(name for name in stage.replicas() if name not in old))
    return stage.ended(process, printed), since


def test_it_crashes_while_it_is_watched(stage: Stage) -> None:
    with stage.scenario("the new image starts well, and crashes within `monitor`") as scenario:
        with stage.deaths(CRASH) as moments:
            ended, since = crash_after(stage, "switch nginx", scenario.new, "30s")
        scenario.ends(ended, 3, "crashed after a healthy start", "rolled back")
        assert f"exit code {CRASH}" in scenario.printed
        scenario.serves(scenario.old)
        assert len(moments) == stage.wanted
        scenario.loses(WATCHED, since, max(moments) + UNHEARD)


def test_it_crashes_while_the_old_one_drains(stage: Stage) -> None:
    with stage.scenario("the new image crashes while the old one drains") as scenario:
        ended, since = crash_after(stage, "watch web", scenario.new, "1s")
        back = time.time()
        scenario.ends(ended, 3, "crashed after a healthy start", "rolled back")
        scenario.serves(scenario.old)
        scenario.loses(DRAINING, since, back)


@pytest.mark.thorough
def test_it_crashes_when_nobody_watches_any_more(stage: Stage) -> None:
    with stage.scenario("the new image crashes after the deploy has ended") as scenario:
        scenario.ends(scenario.deploy(), 0, f"(tag {scenario.new}) serves")
        since = crash(stage, *stage.replicas())
        wait_until(lambda: not stage.replicas())
        scenario.status(f"tag {scenario.new}", "web is DOWN")
        scenario.converge()
        reason = "all requests, until the next deploy: all replicas have crashed"
        scenario.loses(reason, since, time.time())


def test_it_tells_a_secret_when_it_crashes(stage: Stage) -> None:
    with stage.scenario("the new image writes a password into its log, and crashes") as scenario:
        env_file, secret = stage.folder / ".env.staging", uuid.uuid4().hex
        env_file.write_text(f"SECRET='{secret}'\n")
        try:
            scenario.ends(scenario.deploy(MODE="leak"), 3, "rolled back")
        finally:
            env_file.write_text("")
        assert "the password is ***" in scenario.printed
        assert secret not in scenario.printed
        assert secret not in scenario.status()
        assert stage.on_server(f"grep -rl {secret} {stage.root}") == ""
        scenario.serves(scenario.old)


@pytest.mark.thorough
def test_it_starts_slowly(stage: Stage) -> None:
    with stage.scenario("the new image takes its time to start") as scenario:
        scenario.ends(scenario.deploy(MODE="slowstart"), 0, f"(tag {scenario.new}) serves")
        scenario.serves(scenario.new)
        scenario.converge(MODE="slowstart")


@pytest.mark.thorough
def test_it_is_deaf_to_sigterm(stage: Stage) -> None:
    with stage.scenario("the old image ignores SIGTERM") as scenario:
        scenario.ends(scenario.deploy(MODE="deaf"), 0, f"(tag {scenario.new}) serves")
        scenario.serves(scenario.new)
        began = time.monotonic()
        scenario.converge(stage.next_tag())
        assert time.monotonic() - began > 15  # its stop_grace_period, waited for
