"""A migration may fail in any way: the old release serves, and it is known what has run."""

import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stage import Stage, wait_until

if TYPE_CHECKING:
    import subprocess

PROGRAM = Path(__file__).with_name("migrate.py")
MOUNT = '"./web.py:/srv/web.py:ro"'
MIGRATE = 'migrate = { service = "web", command = "python3 /srv/migrate.py", timeout = "8s" }'
OLD_SERVES = "mend the migration and deploy again: the old version still serves"


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    """The tiny app with a migration that can be counted."""
    shutil.copy(PROGRAM, stage.folder)
    compose, settings = stage.folder / "compose.yaml", stage.folder / "deploy.toml"
    mounts = f'{MOUNT}, "./migrate.py:/srv/migrate.py:ro"'
    compose.write_text(compose.read_text().replace(MOUNT, mounts))
    settings.write_text(settings.read_text().replace("keep = 3", f"keep = 3\n{MIGRATE}"))
    stage.release(stage.next_tag())
    stage.tidy = stage.left()
    return stage


def has_run(stage: Stage, tag: str) -> list[str]:
    """Return what the migrations of `tag` wrote into the store."""
    store = stage.replicas("store")[0]
    lines = stage.on_server(f"docker exec {store} redis-cli --raw lrange migrations 0 -1")
    return [line.split()[1] for line in lines.splitlines() if line.startswith(f"{tag} ")]


def assert_no_container_left(stage: Stage) -> None:
    assert len(stage.containers()) == stage.wanted + 3, stage.containers()


def start(stage: Stage, tag: str, **variables: str) -> "subprocess.Popen[str]":
    return stage.type("deploy", "--env", "staging", "--tag", tag, **variables)


@pytest.mark.parametrize(
    ("fault", "mode", "why"),
    [
        ("the migration fails half-way", "fails", "it failed"),
        ("the migration hangs", "hangs", "it took longer than 8 s and was stopped"),
    ],
    ids=["fails", "hangs"],
)
def test_nothing_is_switched(stage: Stage, fault: str, mode: str, why: str) -> None:
    with stage.scenario(fault) as scenario:
        ended = scenario.deploy(MODE=mode)
        scenario.ends(ended, 1, "migrate (web)", why, OLD_SERVES)
        assert "half-way" in ended.err
        assert_no_container_left(stage)
        stage.assert_converged()
        assert has_run(stage, scenario.new) == ["begun"]
        scenario.converge()
        assert has_run(stage, scenario.new) == ["begun", "begun", "done"]


def test_it_succeeds_and_the_rollout_fails(stage: Stage) -> None:
    with stage.scenario("the migration succeeds, and then the new image crashes") as scenario:
        ended = scenario.deploy(MODE="boot")
        scenario.ends(ended, 3, "the migration has run and is not undone", "rolled back")
        scenario.serves(scenario.old)
        assert has_run(stage, scenario.new) == ["begun", "done"]
        stage.assert_converged()


@pytest.mark.thorough
def test_the_client_dies_while_it_hangs(stage: Stage) -> None:
    with stage.scenario("the migration hangs, and the client is killed meanwhile") as scenario:
        client = start(stage, scenario.new, MODE="hangs")
        wait_until(lambda: has_run(stage, scenario.new) == ["begun"])
        client.send_signal(signal.SIGKILL)
        client.communicate()
        scenario.dies("nothing more")
        scenario.serves(scenario.old)
        scenario.status()
        wait_until(lambda: len(stage.containers()) == stage.wanted + 3, 20)
        scenario.converge("", "found: deploy ")


@pytest.mark.thorough
def test_ctrl_c_while_it_runs(stage: Stage) -> None:
    with stage.scenario("Ctrl-C while the migration runs") as scenario:
        client = start(stage, scenario.new, MODE="slow")
        wait_until(lambda: has_run(stage, scenario.new) == ["begun"])
        client.send_signal(signal.SIGINT)
        scenario.ends(stage.ended(client), 1, "interrupted", "the migration may have run")
        assert has_run(stage, scenario.new) == ["begun", "done"]
        stage.assert_converged()


def test_deploy_and_migrate_at_once(stage: Stage) -> None:
    with stage.scenario("`inv migrate` while a deploy runs the migration") as scenario:
        first = start(stage, scenario.new, MODE="slow")
        wait_until(lambda: has_run(stage, scenario.new) == ["begun"])
        second = stage.inv("migrate", "--env", "staging")
        scenario.ends(second, 1, "is at work here: deploy", "wait until it has ended")
        ended = stage.ended(first)
        assert ended.code == 0, ended.all
        assert has_run(stage, scenario.new) == ["begun", "done"]
        stage.tag = scenario.new
        stage.assert_converged()


@pytest.mark.thorough
def test_in_the_very_same_moment(stage: Stage) -> None:
    stage.release(stage.next_tag(), MODE="slow")
    with stage.scenario("`inv migrate` twice and a deploy, in the same moment") as scenario:
        ran = len(has_run(stage, scenario.old))
        clients = [
            stage.type("migrate", "--env", "staging"),
            stage.type("migrate", "--env", "staging"),
            start(stage, scenario.new, MODE="slow"),
        ]
        ended = [stage.ended(client) for client in clients]
        assert sorted(one.code for one in ended) == [0, 1, 1], [one.all for one in ended]
        for one in ended:
            if one.code:
                scenario.ends(one, 1, "is at work here", "wait until it has ended")
        if ended[2].code == 0:
            stage.tag = scenario.new
        ran_now = has_run(stage, scenario.old)[ran:] + has_run(stage, scenario.new)
        assert ran_now == ["begun", "done"]
