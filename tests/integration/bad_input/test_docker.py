"""Docker on a server: forbidden, missing, stopped, without Compose. Done to `production`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bad_input.expect import REFUSED, assert_ended, edit
from workspace import Workspace

pytestmark = pytest.mark.usefixtures("production_alone")
PLACE = "deploy@production.sandbox"
PLUGINS = "/usr/libexec/docker/cli-plugins"


@contextmanager
def done_to(server: Workspace, command: str, *, undo: str) -> Iterator[None]:
    """Do something to the server, and undo it whatever comes."""
    server.on_server(command)
    try:
        yield
    finally:
        server.on_server(undo)


def test_no_right(production: Workspace) -> None:
    edit(production.folder / "deploy.toml", "deploy@", "guest@")
    login = (
        "useradd -m -s /bin/sh guest && usermod -p '*' guest"
        " && cp -R /home/deploy/.ssh /home/guest/ && chown -R guest /home/guest/.ssh"
    )
    with done_to(production, login, undo="userdel -r guest"):
        ended = production.deploy("v1")
    words = ["may not use Docker", "usermod -aG docker"]
    assert_ended(ended, REFUSED, "guest@production.sandbox", *words)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("/usr/bin/docker", ["Docker is missing", "install it: "]),
        (f"{PLUGINS}/docker-compose", ["Compose plugin is missing", "install docker-compose"]),
    ],
    ids=["docker", "compose"],
)
def test_missing(production: Workspace, program: str, words: list[str]) -> None:
    away = f"{program.rpartition('/')[0]}/.away"
    with done_to(production, f"mv {program} {away}", undo=f"mv {away} {program}"):
        assert_ended(production.deploy("v1"), REFUSED, PLACE, *words)


def test_stopped(production: Workspace) -> None:
    units = "docker.socket docker"
    with done_to(production, f"systemctl stop {units}", undo=f"systemctl start {units}"):
        ended = production.deploy("v1")
    assert_ended(ended, REFUSED, PLACE, "does not answer", "`sudo systemctl start docker`")


def test_missing_here(live: Workspace, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    ended = live.deploy("v2", PATH=str(programs))
    assert_ended(ended, REFUSED, "this machine", "`docker` is not there", "install `docker`")
