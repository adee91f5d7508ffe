import base64
import dataclasses
import json

import pytest

from deploy.engine.base import Scale
from deploy.engine.compose.engine import ComposeEngine, pin, repository_of
from deploy.engine.compose.login import Login
from deploy.engine.compose.observe import CONTAINER
from deploy.errors import EngineError, SettingsError, SlipwayError, Unhealthy
from deploy.host import Result, Run, Secret
from deploy.host.recording import RecordingHost

ROOT = "/opt/shop/test"
RUN = Run(ROOT, "run1")
SCALES = [Scale("web", 4, 2, "d1", 30.0), Scale("api", 2, 1, "d2", 75.0, 1)]
FOUND = {
    "id": "c1",
    "name": "/shop-test-web-1",
    "service": "web",
    "definition": "d1",
    "state": "running",
    "health": "healthy",
    "image": "web",
    "restarts": 0,
    "started_at": "",
    "networks": {"net": {"IPAddress": "10.0.0.2"}},
}


def an_engine(code: int = 0, out: str = "", err: str = "") -> tuple[ComposeEngine, RecordingHost]:
    host = RecordingHost("server", lambda _: Result(code, out.encode(), err.encode()))
    return ComposeEngine(host, "shop-test", ROOT), host


def ignore(_line: str) -> None:
    pass


# --- the commands -------------------------------------------------------------------------------


def test_observe() -> None:
    engine, host = an_engine(out="server 27 6.8 2.32 1 2\n")

    engine.observe()

    assert host.commands[0].argv[3:] == ("observe", ROOT, "shop-test", CONTAINER)


def test_start() -> None:
    engine, host = an_engine()

    engine.start(Run(ROOT, "run1"), "r1", SCALES, ignore)

    assert host.commands[0].argv[3:] == (
        "start",
        ROOT,
        "run1:1",
        '"start web, api"',
        "shop-test",
        f"{ROOT}/releases/r1/compose.yaml",
        "roll",
        "75",
        CONTAINER,
        "web:4:2:d1:0",
        "api:2:1:d2:1",
    )
    assert host.commands[0].timeout > 75


def test_start_can_recreate() -> None:
    engine, host = an_engine()

    engine.start(RUN, "r1", SCALES[:1], ignore, recreate=True)

    assert host.commands[0].argv[9] == "recreate"


def test_start_returns_the_replicas_and_shows_only_its_progress() -> None:
    lines: list[str] = []
    engine, _ = an_engine(out=f"2 web starting\n.\n2 web healthy\ncontainer {json.dumps(FOUND)}\n")

    (replica,) = engine.start(RUN, "r1", SCALES, lines.append)

    assert (replica.name, replica.addresses) == ("shop-test-web-1", {"net": "10.0.0.2"})
    assert lines == ["2 web starting", "2 web healthy"]


@pytest.mark.parametrize(("keep", "flag"), [(False, "--volumes"), (True, "-")])
def test_stop(*, keep: bool, flag: str) -> None:
    engine, host = an_engine()

    engine.stop(Run(ROOT, "run1"), ["c1", "c2"], 30, keep_volumes=keep)

    assert host.commands[0].argv[3:] == (
        "stop",
        ROOT,
        "run1:1",
        '"stop 2 containers"',
        "30",
        flag,
        "c1",
        "c2",
    )


def test_migrate() -> None:
    engine, host = an_engine()

    engine.migrate(
        Run(ROOT, "run1"), "r1", "web", ("alembic", "upgrade head"), timeout=300, watch=ignore
    )

    assert host.commands[0].argv[3:] == (
        "migrate",
        ROOT,
        "run1:1",
        '"migrate"',
        "shop-test",
        f"{ROOT}/releases/r1/compose.yaml",
        "web",
        "300",
        "alembic",
        "upgrade head",
    )
    assert host.commands[0].timeout > 300


def test_pull() -> None:
    lines: list[str] = []
    engine, host = an_engine(
        out="pulling shop/web:1\n"
        'image shop/web:1 ["shop/web@sha256:aa"]\n'
        "image local:1 null\n"
        'image db@sha256:bb ["db@sha256:bb"]\n'
    )

    images = ["shop/web:1", "local:1", "db@sha256:bb"]
    pins = engine.pull(images, lines.append)

    assert host.commands[0].argv[3:] == ("pull", "524288", "900", "0", *images)
    assert host.commands[0].timeout > 900
    assert pins == {
        "shop/web:1": "shop/web:1@sha256:aa",
        "local:1": "local:1",
        "db@sha256:bb": "db@sha256:bb",
    }
    assert lines == ["pulling shop/web:1"]


def test_a_login_is_sent_for_the_images_of_its_registry_only() -> None:
    engine, host = an_engine(out='image r.io/web:1 ["r.io/web@sha256:aa"]\n')
    login = Login("r.io", "robot", Secret("s3 cret"), "PASSWORD")

    dataclasses.replace(engine, login=login).pull(["db:1", "r.io/web:1"], ignore)

    (command,) = host.commands
    assert command.argv[3:] == ("pull", "524288", "900", "1", "r.io/web:1", "db:1")
    sent = json.loads(command.stdin)["auths"]["r.io"]["auth"]
    assert base64.b64decode(sent) == b"robot:s3 cret"
    assert "s3 cret" not in repr(command)


def test_a_login_without_its_password_is_told_when_it_is_needed() -> None:
    engine, host = an_engine(34)
    engine = dataclasses.replace(engine, login=Login("r.io", "robot", None, "PASSWORD"))

    with pytest.raises(SettingsError, match=r"PASSWORD: the password for r\.io is not set"):
        engine.pull(["r.io/web:1"], ignore)
    assert host.commands[0].stdin == b""


def test_without_its_password_what_is_on_the_server_serves_again() -> None:
    engine, _ = an_engine(out='image r.io/web@sha256:aa ["r.io/web@sha256:aa"]\n')
    engine = dataclasses.replace(engine, login=Login("r.io", "robot", None, "PASSWORD"))

    assert engine.pull(["r.io/web@sha256:aa"], ignore)


def test_docker_hub_has_a_key_of_its_own() -> None:
    login = Login("docker.io", "robot", Secret("x"), "PASSWORD")
    assert login.covers("team/web:1")
    assert not login.covers("r.io/team/web:1")
    assert list(json.loads(login.config())["auths"]) == ["https://index.docker.io/v1/"]


# --- what can go wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        (20, "", "server: Docker is missing. install it"),
        (22, "", "server: the Docker Compose plugin is missing."),
        (
            21,
            "permission denied while trying to connect to the Docker daemon socket",
            "server: the user may not use Docker. put the user into the group",
        ),
        (21, "Cannot connect to the Docker daemon", "server: the Docker daemon does not answer."),
    ],
)
def test_a_machine_without_docker(code: int, text: str, message: str) -> None:
    engine, _ = an_engine(code, err=text)

    with pytest.raises(EngineError) as error:
        engine.observe()

    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            (
                'Error response from daemon: Get "https://r.io/v2/": dial tcp 10.0.0.1:443:'
                " connect: connection refused"
            ),
            "server: r.io does not answer. see that the registry is up",
        ),
        (
            "Error response from daemon: Get: dial tcp: lookup r.io: no such host",
            "server: r.io does not answer.",
        ),
        (
            "Error response from daemon: manifest for r.io/web:9 not found: manifest unknown",
            "server: there is no image r.io/web:9. build and push it",
        ),
        (
            (
                "Error response from daemon: pull access denied for r.io/web, repository does"
                " not exist or may require 'docker login': denied: requested access is denied"
            ),
            "server: r.io refuses to give r.io/web:9. name a login in [registry] of deploy.toml",
        ),
        (
            "Error response from daemon: unauthorized: authentication required",
            "server: r.io refuses to give r.io/web:9.",
        ),
        (
            "toomanyrequests: You have reached your pull rate limit.",
            "server: r.io has had too many requests and does not give r.io/web:9. wait and",
        ),
        (
            "error parsing HTTP 429 response body: unexpected end of JSON input",
            "server: r.io has had too many requests",
        ),
        (
            "manifest for r.io/web:4290 not found: manifest unknown",
            "server: there is no image r.io/web:9.",
        ),
        ("unknown blob", "server: r.io has lost a part of r.io/web:9. push it again: `inv push`"),
        (
            "failed to register layer: write /usr/lib/x: no space left on device",
            "server: r.io/web:9 does not fit on its disk.",
        ),
        ("something new", "server: r.io/web:9 could not be pulled. something new."),
    ],
)
def test_an_image_that_cannot_be_pulled(text: str, message: str) -> None:
    engine, _ = an_engine(31, out="pulling r.io/web:9\nfailed r.io/web:9\n", err=text)

    with pytest.raises(EngineError) as error:
        engine.pull(["r.io/web:9"], ignore)

    assert str(error.value).startswith(message)


def test_an_image_that_does_not_arrive_in_time() -> None:
    engine, _ = an_engine(31, out="pulling r.io/web:9\nlate r.io/web:9\n")

    with pytest.raises(EngineError, match=r"server: r.io did not deliver r.io/web:9 within 900 s"):
        engine.pull(["r.io/web:9"], ignore)


@pytest.mark.parametrize("text", ["manifest unknown", "unknown blob"])
def test_an_image_of_a_release_that_is_gone(text: str) -> None:
    engine, _ = an_engine(31, out="failed r.io/web:9@sha256:aa\n", err=text)

    with pytest.raises(EngineError, match="neither here nor in its registry any more. choose"):
        engine.pull(["r.io/web:9@sha256:aa"], ignore)


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        (32, "releases/r1/compose.yaml", "releases/r1/compose.yaml is gone. choose another one"),
        (32, "files/ab/web.py\nfiles/cd/x", "files/ab/web.py is gone."),
        (
            33,
            "level=warning\nyaml: line 2",
            "releases/r1/compose.yaml cannot be read: yaml: line 2.",
        ),
    ],
)
def test_a_release_whose_files_are_damaged(code: int, text: str, message: str) -> None:
    engine, _ = an_engine(code, err=text)

    with pytest.raises(EngineError) as error:
        engine.check("r1")

    assert str(error.value).startswith(f"server: release r1: its files are damaged: {message}")


def test_too_little_space_is_counted_before_anything_is_pulled() -> None:
    engine, _ = an_engine(30, err="102400 /var/lib/docker\n")

    with pytest.raises(EngineError, match="100 MiB are free at /var/lib/docker, 512 are needed"):
        engine.pull(["web"], ignore)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (40, EngineError, "server: web, api: Docker Compose refused: port is taken."),
        (41, Unhealthy, "web, api: a new replica crashed, or is unhealthy."),
        (42, Unhealthy, "web, api: a new replica was not healthy after 75 s."),
    ],
)
def test_replicas_that_do_not_come_up(code: int, kind: type[SlipwayError], message: str) -> None:
    engine, _ = an_engine(code, err="Container starting\nport is taken")

    with pytest.raises(kind) as error:
        engine.start(RUN, "r1", SCALES, ignore)

    assert str(error.value).startswith(message)
    assert error.value.detail == "Container starting\nport is taken"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (40, "its container could not be started."),
        (43, "another migration is running there. wait until it has ended."),
        (44, "it took longer than 300 s and was stopped."),
        (45, "it failed. mend the migration and deploy again: the old version still serves."),
    ],
)
def test_a_migration_that_fails(code: int, message: str) -> None:
    engine, _ = an_engine(code, err="  | relation exists")

    with pytest.raises(EngineError) as error:
        engine.migrate(RUN, "r1", "web", ("migrate",), timeout=300, watch=ignore)

    assert str(error.value).startswith(f"migrate (web): {message}")
    assert "relation exists" in error.value.detail


def test_a_container_that_will_not_go() -> None:
    engine, _ = an_engine(46, err="cannot be removed: c1")

    with pytest.raises(EngineError, match="server: cannot be removed: c1. look at"):
        engine.stop(RUN, ["c1"], 10)


# --- names of images ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "digests", "pinned"),
    [
        ("postgres:15", ["postgres@sha256:ab"], "postgres:15@sha256:ab"),
        ("postgres:15", ["m/postgres@sha256:cd", "postgres@sha256:ab"], "postgres:15@sha256:ab"),
        (
            "docker.io/library/postgres:15",
            ["postgres@sha256:ab"],
            "docker.io/library/postgres:15@sha256:ab",
        ),
        ("r:5000/web:1", ["r:5000/web@sha256:ab", "x@sha256:cd"], "r:5000/web:1@sha256:ab"),
        ("web:1", ["mirror/web@sha256:cd"], "web:1@sha256:cd"),
        ("web@sha256:ab", ["web@sha256:cd"], "web@sha256:ab"),
        ("web:1", [], "web:1"),
    ],
)
def test_an_image_is_pinned_to_the_digest_of_its_own_repository(
    reference: str, digests: list[str], pinned: str
) -> None:
    assert pin(reference, digests) == pinned


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("nginx", "nginx"),
        ("nginx:1.29", "nginx"),
        ("docker.io/library/nginx:1.29@sha256:ab", "nginx"),
        ("docker.io/team/web:1", "team/web"),
        ("r.io:5000/team/web", "r.io:5000/team/web"),
        ("r.io:5000/team/web:1@sha256:ab", "r.io:5000/team/web"),
    ],
)
def test_a_repository_as_docker_lists_it(reference: str, repository: str) -> None:
    assert repository_of(reference) == repository
