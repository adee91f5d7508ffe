"""Images: not there, their registry down, no room for them."""

from collections.abc import Iterator

import pytest
from bad_input.expect import REFUSED, assert_ended, assert_serves, edit
from workspace import Workspace

pytestmark = pytest.mark.usefixtures("production_alone")
STAGING, PRODUCTION = "deploy@staging.sandbox", "deploy@production.sandbox"
NOBODY = "127.0.0.1:9"  # on the server; nothing listens there
IMAGE = "registry.sandbox:5000/team/web:1"


def test_no_such_image(live: Workspace) -> None:
    ended = live.deploy("v2", WEB_IMAGE=IMAGE)
    assert_ended(ended, REFUSED, STAGING, f"there is no image {IMAGE}", "`inv push`")


def test_registry_down(live: Workspace) -> None:
    ended = live.deploy("v2", WEB_IMAGE=f"{NOBODY}/team/web:1")
    assert_ended(ended, REFUSED, STAGING, f"{NOBODY} does not answer", "deploy again")


def test_docker_hub_out_of_reach(live: Workspace) -> None:
    ended = live.deploy("v2", WEB_IMAGE="python:no-such-tag")
    assert_ended(ended, REFUSED, STAGING, "docker.io does not answer", "deploy again")


@pytest.fixture
def small_disk(tiny: Workspace) -> Iterator[Workspace]:
    """The app as v1 on `production`, whose Docker lives on a small disk."""
    restart = "systemctl stop docker.socket docker; {}; systemctl start docker.socket docker"
    small = "mount -t tmpfs -o size=1200m tmpfs /var/lib/docker"
    tiny.server = "production"
    edit(tiny.folder / "deploy.toml", STAGING, PRODUCTION)
    tiny.on_server(restart.format(small))
    try:
        first = tiny.deploy("v1")
        assert first.code == 0, first.all
        yield tiny
    finally:
        tiny.remove()
        tiny.on_server(restart.format("umount /var/lib/docker"))


def test_too_little_room(small_disk: Workspace) -> None:
    small_disk.on_server(
        "free=$(df -Pm /var/lib/docker | awk 'NR == 2 {print $4}');"
        " fallocate -l $((free - 300))M /var/lib/docker/ballast"
    )
    ended = small_disk.deploy("v2", NGINX_IMAGE="nginx:1.26-alpine")
    words = ["MiB are free at /var/lib/docker, 512 are needed", "`docker image prune`"]
    assert_ended(ended, REFUSED, PRODUCTION, *words)
    assert_serves(small_disk, "v1")
