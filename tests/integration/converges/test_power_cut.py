"""After a power cut the server serves what it served, without anybody's help."""

import subprocess

import pytest
from stage import wait_until
from workspace import Workspace

pytestmark = pytest.mark.usefixtures("production_alone")


def test_the_server_comes_back_serving(tiny: Workspace) -> None:
    for name, old, new in (
        ("deploy.toml", "staging.sandbox", "production.sandbox"),
        ("compose.yaml", "    image:", "    restart: unless-stopped\n    image:"),
    ):
        file = tiny.folder / name
        file.write_text(file.read_text().replace(old, new))
    tiny.server = "production"
    first = tiny.deploy("v1", REPLICAS="2")
    assert first.code == 0, first.all
    container = tiny.sandbox.container("production")
    for argv in (["kill", "-s", "KILL"], ["start"]):
        subprocess.run(["docker", *argv, container], check=True, capture_output=True)
    wait_until(lambda: tiny.serving() == "v1")
    wait_until(lambda: "nothing to do" in tiny.deploy("v1", REPLICAS="2").out)
