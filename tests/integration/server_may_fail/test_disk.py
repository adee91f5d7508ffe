"""The server's disk may be full at any moment: what serves goes on serving."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from ballast import empty, fill, leave, push_big_image
from running import Running
from stage import Stage

from deploy.engine.compose.engine import SPACE

pytestmark = pytest.mark.usefixtures("production_alone")
REFUSED, ROLLED_BACK = 1, 3
DOCKER = "/var/lib/docker"
LEFT = SPACE // 1024 + 20  # MiB: enough to begin a pull
LARGE = 300  # MiB: twice as much does not fit into that
RESTART = "systemctl stop docker.socket docker; {}; systemctl start docker.socket docker"


def on_small_disks(stage: Stage) -> None:
    """Give Docker, and the app's own folder, a small disk each."""
    stage.on_server(RESTART.format(f"mount -t tmpfs -o size=1500m tmpfs {DOCKER}"))
    small = "size=2m,mode=755,uid=1000,gid=1000"
    stage.on_server(f"mkdir -p {folder(stage)} && mount -t tmpfs -o {small} tmpfs {folder(stage)}")


def off_small_disks(stage: Stage) -> None:
    stage.on_server(RESTART.format(f"umount {DOCKER}"))
    stage.on_server(f"umount {folder(stage)}")


def folder(stage: Stage) -> str:
    return f"/opt/{stage.app}"


@pytest.fixture(scope="module")
def stage(stages: Callable[..., Stage]) -> Iterator[Stage]:
    with ExitStack() as mounted:

        def prepare(stage: Stage) -> None:
            mounted.callback(off_small_disks, stage)
            on_small_disks(stage)

        yield stages(server="production", prepare=prepare)


def test_full_before_the_record(stage: Stage) -> None:
    with stage.scenario("the disk becomes full before the record") as scenario:
        with stage.held_at_record() as held:
            running = Running(stage, "deploy", "--env", "staging", "--tag", scenario.new)
            held()
            fill(stage, folder(stage))
        ended = running.ends()
        scenario.status(" serves: ")
        empty(stage, folder(stage))
        scenario.ends(ended, ROLLED_BACK, "its disk is full", "rolled back")
        scenario.serves(scenario.old)


@pytest.mark.thorough
def test_full_during_pull(stage: Stage) -> None:
    with stage.scenario("the disk becomes full during pull") as scenario:
        image = push_big_image(stage, LARGE)
        leave(stage, DOCKER, LEFT)
        ended = scenario.deploy(WEB_IMAGE=image)
        empty(stage, DOCKER)
        scenario.ends(ended, REFUSED, "does not fit on its disk", "`docker image prune`")
        scenario.serves(scenario.old)
