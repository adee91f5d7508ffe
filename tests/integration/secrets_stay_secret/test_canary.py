"""A secret reaches its container, a password its registry, unchanged; neither is seen elsewhere."""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bcrypt
import pytest
from stage import Scenario, Stage
from workspace import Ended, Workspace

CANARY = "c4n4ry"
SECRET = f"""{CANARY}-1 $HOME ${{PATH}} $$ "quoted" `id`
{CANARY}-2 # no comment \\n
{CANARY}-3"""
PASSWORD = f"""{CANARY}-4 'it"s' $HOME `id` \\
{CANARY}-5"""
IN_BASE64 = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
ROLLED_BACK = 3
HISTORIES = "/root/.*history /home/*/.*history /root/.docker /home/*/.docker /dev/shm /tmp/slip*"


@contextmanager
def watched(workspace: Workspace) -> Iterator[str]:
    """Note every process on the server that names the canary; gives the file they are noted in."""
    flag = f"/tmp/{workspace.app}"  # noqa: S108 - on the sandbox's server
    pattern = f"[{CANARY[0]}]{CANARY[1:]}|[{IN_BASE64[0]}]{IN_BASE64[1:30]}"
    script = (
        f"touch {flag}; : >{flag}.seen; echo ready;"
        f" while [ -e {flag} ]; do"
        f" ps -eo args | grep -E '{pattern}' >>{flag}.seen; sleep 0.05; done"
    )
    container = workspace.sandbox.container(workspace.server)
    command = ["docker", "exec", container, "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "ready\n"
        try:
            yield f"{flag}.seen"
        finally:
            workspace.on_server(f"rm -f {flag}")


@dataclass(frozen=True)
class LockedRegistry:
    """A registry inside the server, on its loopback, that wants a name and a password."""

    stage: Stage
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def image(self) -> str:
        return f"{self.address}/team/web:1"

    @property
    def name(self) -> str:
        return f"{self.stage.app}-registry"

    def start(self) -> None:
        """Start it from the sandbox's own registry image, and push an image into it."""
        server = self.stage.sandbox.container(self.stage.server)
        registry = self.stage.sandbox.container("registry")
        form = ["docker", "inspect", "-f", "{{.Image}}", registry]
        image = subprocess.run(form, capture_output=True, text=True, check=True).stdout.strip()
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            load = ["docker", "exec", "-i", server, "docker", "load", "--quiet"]
            subprocess.run(load, stdin=saved.stdout, check=True, capture_output=True)
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        folder = f"/opt/{self.stage.app}/registry"
        self.stage.on_server(f"mkdir -p {folder} && printf %s 'robot:{hashed}' >{folder}/users")
        settings = "-e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=r"
        self.stage.on_server(
            f"docker run -d --name {self.name} -p {self.address}:5000 -v {folder}:/auth"
            f" {settings} -e REGISTRY_AUTH_HTPASSWD_PATH=/auth/users {image}"
        )
        login = f'{{"auths": {{"{self.address}": {{"auth": "{IN_BASE64}"}}}}}}'
        pushed = self.stage.on_server(
            f"mkdir {folder}/docker && echo '{login}' >{folder}/docker/config.json"
            f" && docker tag python:3.11-slim {self.image}"
            f" && docker --config {folder}/docker push {self.image}"
            f" ; docker rmi {self.image}; rm -rf {folder}/docker"
        )
        assert "digest: sha256" in pushed, pushed

    def remove(self) -> None:
        self.stage.on_server(f"docker rm -fv {self.name}; rm -rf /opt/{self.stage.app}/registry")


@pytest.fixture
def locked(stage: Stage) -> Iterator[LockedRegistry]:
    registry = LockedRegistry(stage, stage.port + 1)
    registry.start()
    settings = stage.folder / "deploy.toml"
    before = settings.read_text()
    lines = f'host = "{registry.address}"\nusername = "robot"\npassword_env = "REGISTRY_PASSWORD"\n'
    settings.write_text(f"{before}\n[registry]\n{lines}")
    plain = stage.environment
    stage.environment = {**plain, "WEB_IMAGE": registry.image, "REGISTRY_PASSWORD": PASSWORD}
    yield registry
    stage.environment = plain
    settings.write_text(before)
    registry.remove()


@pytest.mark.usefixtures("locked")
def test_secrets_are_seen_nowhere(stage: Stage) -> None:
    (stage.folder / ".env.staging").write_text(f"SECRET='{SECRET}'\n")
    with stage.scenario("secrets of several lines, full of quotes") as scenario:
        with watched(stage) as processes:
            shown = play(scenario)
        assert [ended.code for ended in shown] == [0, ROLLED_BACK, 0, 0, 0, 0, 0]
        assert_hidden("".join(ended.all for ended in shown))
        assert stage.on_server(f"cat {processes}; rm {processes}") == ""
        assert_arrived(stage)
        assert_only_where_needed(stage)
        scenario.ends(shown[2], 0, "serves")
        scenario.converge()


def play(scenario: Scenario) -> list[Ended]:
    """Every way in which something is shown: a plan, a failure with its log, a success, records."""
    stage = scenario.stage
    return [
        scenario.deploy("--dry-run"),
        scenario.deploy(MODE="boot"),
        scenario.deploy(),
        scenario.deploy("--json"),
        stage.inv("status", "--env", "staging", "--json"),
        stage.inv("releases", "--env", "staging", "--json"),
        stage.inv("logs", "--env", "staging"),
    ]


def assert_hidden(text: str) -> None:
    assert CANARY not in text
    assert IN_BASE64 not in text


def assert_arrived(stage: Stage) -> None:
    """The container has the secret as it stands in the env file; the image came with the login."""
    web = stage.replicas()[0]
    inside = f"docker exec {web} python3 -c 'import os; print(os.environ[\"SECRET\"])'"
    assert stage.on_server(inside).removesuffix("\n") == SECRET
    image = stage.on_server(f"docker inspect --format '{{{{.Config.Image}}}}' {web}")
    assert image.startswith("127.0.0.1:")


def assert_only_where_needed(stage: Stage) -> None:
    """On the server the secret is in two files of its releases, and the password in none."""
    for name in stage.containers():
        assert_hidden(stage.on_server(f"docker inspect -f '{{{{json .Config.Labels}}}}' {name}"))
    holding = stage.on_server(f"cd {stage.root} && grep -rl {CANARY} . | sort -u").split()
    assert {path.rpartition("/")[2] for path in holding} == {".env", "compose.yaml"}
    modes = stage.on_server(f"find {stage.root}/releases -type f -printf '%m\\n' | sort -u")
    assert modes.split() == ["600"]
    pattern = f"{CANARY}|{IN_BASE64[:30]}"
    assert stage.on_server(f"grep -rlE '{pattern}' {HISTORIES} 2>/dev/null") == ""


def test_a_password_that_is_wrong_or_missing(stage: Stage, locked: LockedRegistry) -> None:
    image = f"{locked.address}/team/web:2"
    with stage.scenario("the registry refuses the password") as scenario:
        missing = scenario.deploy(WEB_IMAGE=image, REGISTRY_PASSWORD="")
        scenario.ends(missing, 1, "REGISTRY_PASSWORD", "is not set")
        ended = scenario.deploy(WEB_IMAGE=image, REGISTRY_PASSWORD="wrong")
        scenario.ends(ended, 1, locked.address, "refuses", "[registry] of deploy.toml")
        scenario.serves(stage.tag)
