"""Whatever happened before, a run ends with exactly the wanted replicas of one release."""

import signal
import subprocess
from pathlib import Path

import pytest
from stage import wait_until
from workspace import INV, Workspace, make_workspace

from deploy.sandbox import Sandbox


def deployed(tiny: Workspace, tag: str, *flags: str, **variables: str) -> None:
    ended = tiny.deploy(tag, *flags, **variables)
    assert ended.code == 0, ended.all
    assert tiny.serving() == tag


def assert_nothing_left(tiny: Workspace, replicas: int = 1) -> None:
    """One release, one lock-free folder, exactly N replicas, no helpers of a run."""
    assert len(tiny.replicas()) == replicas
    assert len(tiny.containers()) == replicas + 3  # store, edge, nginx
    left = tiny.on_server(f"cd {tiny.root} && ls -d lock* upstreams.before current.new 2>/dev/null")
    assert left == ""
    unrecorded = tiny.on_server(
        f"cd {tiny.root}/releases && for r in *; do [ -f $r/release.json ] || echo $r; done"
    )
    assert unrecorded == ""


def test_deploy_again_next_and_rollback(tiny: Workspace) -> None:
    deployed(tiny, "v1")
    again = tiny.deploy("v1")
    assert (again.code, "nothing to do" in again.out) == (0, True)
    deployed(tiny, "v2")
    assert_nothing_left(tiny)
    back = tiny.inv("rollback", "--env", "staging")
    assert back.code == 0, back.all
    assert tiny.serving() == "v1"
    assert_nothing_left(tiny)
    listed = tiny.inv("releases", "--env", "staging")
    assert "v1" in listed.out
    assert "v2" in listed.out


def test_dry_run_shows_the_commands_and_changes_nothing(tiny: Workspace) -> None:
    deployed(tiny, "v1")
    before = tiny.containers(), tiny.on_server(f"ls -lR {tiny.root}")
    ended = tiny.deploy("v2", "--dry-run")
    assert ended.code == 0, ended.all
    assert "roll web" in ended.out
    assert "switch" in ended.out
    assert "nothing was changed" in ended.out
    assert (tiny.containers(), tiny.on_server(f"ls -lR {tiny.root}")) == before


@pytest.mark.parametrize("parallelism", ["1", "2"])
def test_replicas_are_replaced_in_batches(tiny: Workspace, parallelism: str) -> None:
    deployed(tiny, "v1", REPLICAS="3")
    ended = tiny.deploy("v2", REPLICAS="3", PARALLELISM=parallelism, MONITOR="0s")
    assert ended.code == 0, ended.all
    assert ended.out.count("done  start") == (3 if parallelism == "1" else 2)
    assert tiny.serving() == "v2"
    assert_nothing_left(tiny, replicas=3)


def test_ctrl_c_puts_the_old_release_back(tiny: Workspace) -> None:
    deployed(tiny, "v1")
    client = subprocess.Popen(
        [INV, "deploy", "--env", "staging", "--tag", "v2"],
        cwd=tiny.folder,
        env=tiny.variables(MODE="slowstart"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(tiny.replicas()) == 2)
    client.send_signal(signal.SIGINT)
    _, err = client.communicate(timeout=120)
    assert client.returncode == 3, err
    assert "rolled back" in err
    assert "Traceback" not in err
    assert tiny.serving() == "v1"
    assert_nothing_left(tiny)


def test_two_environments_on_one_server_do_not_know_each_other(
    tiny: Workspace, sandbox: Sandbox, tmp_path: Path
) -> None:
    other = make_workspace(sandbox, tmp_path / "other", tiny.app)
    settings = other.folder / "deploy.toml"
    settings.write_text(settings.read_text().replace("environments.staging", "environments.second"))
    deployed(tiny, "v1")
    ended = other.inv("deploy", "--env", "second", "--tag", "w1")
    assert ended.code == 0, ended.all
    for tag in ("v2", "v3", "v4", "v5"):
        deployed(tiny, tag)
    assert len(tiny.replicas(env="second")) == 1
    releases = tiny.on_server(f"ls /opt/{tiny.app}/second/releases").split()
    assert len(releases) == 1
    kept = tiny.on_server(f"ls {tiny.root}/releases").split()
    assert len(kept) == 3
    other.remove("second")


def test_a_service_that_left_the_compose_file_is_removed(tiny: Workspace) -> None:
    compose = tiny.folder / "compose.yaml"
    text = compose.read_text()
    worker = """\
  worker:
    image: redis:7
    init: true
    command: [sleep, infinity]
    networks: [back]
"""
    compose.write_text(text.replace("  web:\n", f"{worker}\n  web:\n", 1))
    deployed(tiny, "v1")
    assert len(tiny.replicas("worker")) == 1
    compose.write_text(text)
    ended = tiny.deploy("v2")
    assert ended.code == 1, ended.all  # redis is a database: its removal must be meant
    deployed(tiny, "v2", "--recreate", "worker")
    assert tiny.replicas("worker") == []
    assert_nothing_left(tiny)


def test_logs_exec_and_health(tiny: Workspace) -> None:
    deployed(tiny, "v1")
    assert "version" in tiny.inv("health", "--env", "staging").out
    ran = tiny.inv("exec", "--env", "staging", "--service", "web", "echo 'a b' c")
    assert ran.out == "a b c\n"
    failed = tiny.inv("exec", "--env", "staging", "--service", "web", "sh -c 'exit 7'")
    assert failed.code == 7
    logs = tiny.inv("logs", "--env", "staging", "--service", "store", "--tail", "5")
    assert "Ready to accept connections" in logs.out
