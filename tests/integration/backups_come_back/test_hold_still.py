"""A service holds still while its volumes are read, and goes on whatever happens."""

from collections.abc import Iterator, Sequence
from signal import SIGKILL

import pytest
from backups_come_back.shop import Shop
from running import Running
from stage import wait_until

MOUNTS = 'volumes: ["./web.py:/srv/web.py:ro"'
# Of what hardly compresses, so that reading it takes a while.
LARGE = "import os; open('/uploads/large', 'wb').write(os.urandom(300 << 20))"


@pytest.fixture(autouse=True)
def _running_afterwards(shop: Shop) -> Iterator[None]:
    yield
    wait_until(lambda: set(states(shop)) == {"running"})
    wait_until(lambda: shop.serving() == shop.tag)
    assert not shop.on_server(f"ls {shop.root}/backup/still* 2>/dev/null || true")
    shop.assert_tidy()


def states(shop: Shop) -> list[str]:
    """Return the state of each container of web: running, paused, exited."""
    form = "{{.State}}"
    filters = "--filter label=com.docker.compose.service=web"
    filters += f" --filter label=com.docker.compose.project={shop.project}"
    return shop.on_server(f"docker ps --all --format '{form}' {filters}").split()


def policies(shop: Shop) -> list[str]:
    form = "{{.HostConfig.RestartPolicy.Name}}"
    names = " ".join(shop.replicas("web"))
    return shop.on_server(f"docker inspect --format '{form}' {names}").split()


def deployed(shop: Shop, wish: str) -> None:
    """Deploy with another `x-backup` of web."""
    with shop.edited("compose.yaml", (MOUNTS, f"x-backup: {{ {wish} }}\n    {MOUNTS}")):
        shop.release(shop.next_tag(), "--no-backup")
    shop.python(LARGE)


def ways(shop: Shop) -> Sequence[int]:
    """Return the processes on the server that run the script beside the pump, and its watch."""
    found = shop.on_server(f"pgrep -f '[ ]{shop.root}/backup/run' || true")
    return [int(one) for one in found.split()]


@pytest.mark.parametrize(
    ("how", "state"),
    [("pause", "paused"), pytest.param("stop", "exited", marks=pytest.mark.thorough)],
)
def test_it_holds_still_and_goes_on(shop: Shop, how: str, state: str) -> None:
    deployed(shop, f"{how}: true")
    before = shop.replicas("web"), policies(shop)
    backup = Running(shop, "backup", "--only", "uploads")
    wait_until(lambda: set(states(shop)) == {state})
    shop.refused(shop.deploy(shop.tag), "a backup is at work", "type the command again")
    ended = backup.ends()
    assert ended.code == 0, ended.all
    assert (shop.replicas("web"), policies(shop)) == before


def test_the_client_dies_meanwhile(shop: Shop) -> None:
    deployed(shop, "pause: true")
    with shop.type("backup", "--only", "uploads") as run:
        wait_until(lambda: set(states(shop)) == {"paused"})
        run.send_signal(SIGKILL)
        shop.ended(run)


@pytest.mark.thorough
def test_what_holds_it_dies_on_the_server(shop: Shop) -> None:
    deployed(shop, "stop: true")
    with shop.type("backup", "--only", "uploads") as run:
        wait_until(lambda: set(states(shop)) == {"exited"})
        shop.on_server(f"pkill --signal KILL --oldest --full '[ ]{shop.root}/backup/run'")
        assert shop.ended(run).code == 1
    wait_until(lambda: set(states(shop)) == {"running"})
    assert shop.inv("backup.verify").code == 0  # as any next run, it clears what was left


@pytest.mark.thorough
def test_nobody_is_left_to_let_it_go_on(shop: Shop) -> None:
    deployed(shop, "stop: true")
    with shop.type("backup", "--only", "uploads") as run:
        wait_until(lambda: set(states(shop)) == {"exited"})
        shop.on_server(f"kill -9 {' '.join(map(str, ways(shop)))}")
        shop.ended(run)
    assert set(states(shop)) == {"exited"}
    shop.on_server(f"mv {shop.root}/backup/still {shop.root}/backup/still.1")  # it had just begun
    ended = shop.inv("backup.verify")  # any run that works on snapshots
    assert ended.code == 0, ended.all
