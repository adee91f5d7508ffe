"""`inv doctor` names what stands against an app, and what to do."""

import json
from collections.abc import Iterator

import pytest
from stage import wait_until
from workspace import Ended, Workspace, make_workspace

from deploy.sandbox import Sandbox


@pytest.fixture(scope="module")
def app(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The tiny app, deployed; each test mends what it breaks."""
    made = make_workspace(sandbox, tmp_path_factory.mktemp("doctor") / "checkout", "patient")
    made.remove()
    made.environment["SECRET"] = ""
    assert made.deploy("v1").code == 0
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def _mended(app: Workspace) -> Iterator[None]:
    yield
    wait_until(lambda: examine(app).code == 0)


def examine(app: Workspace, *flags: str) -> Ended:
    return app.inv("doctor", "--env", "staging", *flags)


def ill(app: Workspace, *words: str) -> None:
    ended = examine(app)
    assert ended.code == 1, ended.all
    for word in words:
        assert word in ended.out, ended.out


def test_an_app_that_is_well(app: Workspace) -> None:
    ended = examine(app)
    assert ended.code == 0, ended.all
    assert "nothing stands against it" in ended.out
    assert "Traceback" not in ended.all


def test_a_database_that_was_stopped(app: Workspace) -> None:
    (store,) = app.replicas("store")
    app.on_server(f"docker stop {store}")
    ill(app, f"{store}: it does not run: exit code 0", "| ", "`inv deploy`")
    (found,) = json.loads(examine(app, "--json").out)[:1]
    assert (found["place"], found["pressing"]) == (store, True)
    app.on_server(f"docker start {store}")


def test_a_database_that_does_not_answer(app: Workspace) -> None:
    (store,) = app.replicas("store")
    app.on_server(f"docker exec {store} redis-cli config set port 6380")
    ill(app, "store: nothing answers on its port 6379, which web needs")
    app.on_server(f"docker exec {store} redis-cli -p 6380 config set port 6379")


def test_services_without_a_network_in_common(app: Workspace) -> None:
    (store,) = app.replicas("store")
    app.on_server(f"docker network disconnect {app.project}_back {store}")
    ill(app, "web: it cannot find store by its name", "they share no network")
    app.on_server(f"docker network connect --alias store {app.project}_back {store}")


def test_a_replica_that_is_unhealthy(app: Workspace) -> None:
    (web,) = app.replicas("web")
    inner = f"pgrep -P $(docker inspect --format '{{{{.State.Pid}}}}' {web})"
    app.on_server(f"kill -STOP $({inner})")
    wait_until(lambda: "it runs, and is unhealthy" in examine(app).out)
    ill(
        app,
        f"{web}: it runs, and is unhealthy",
        "| its health check says",
        "nginx: its url answers",
    )
    app.on_server(f"kill -CONT $({inner})")


def another_replica(app: Workspace, number: int, command: str) -> str:
    """Have one more container of web, made by hand; return its name."""
    compose = {"project": app.project, "service": "web", "oneoff": "False"}
    labels = " ".join(f"--label com.docker.compose.{key}={text}" for key, text in compose.items())
    name = f"{app.project}-web-{number}"
    app.on_server(f"docker run --name {name} {labels} busybox {command}")
    return name


def test_a_replica_that_cannot_be_started(app: Workspace) -> None:
    name = another_replica(app, 99, "no-such-program")
    ill(app, f"{name}: Docker cannot start it", "no-such-program")
    app.on_server(f"docker rm {name}")


def test_a_port_that_somebody_else_has(app: Workspace) -> None:
    neighbour = f"docker run --detach --name {app.app}-neighbour --publish 20080:6379 redis:7"
    app.on_server(neighbour)
    app.on_server(f"docker rm --force {' '.join(app.replicas('nginx') + app.replicas('edge'))}")
    ended = app.inv("doctor", "--env", "staging", PORT="20080:80")
    assert ended.code == 1, ended.all
    assert f"port 20080: container {app.app}-neighbour has it, and nginx wants it" in ended.out
    assert "nginx: it has no container" in ended.out
    app.on_server(f"docker rm --force --volumes {app.app}-neighbour")
    assert app.deploy("v1").code == 0


def test_an_app_that_is_not_there(app: Workspace) -> None:
    settings = app.folder / "deploy.toml"
    text = settings.read_text()
    settings.write_text(text.replace('"patient"', '"nobody"'))
    ill(app, "containers: there are none of this app. start it: `inv deploy`")
    settings.write_text(text)
