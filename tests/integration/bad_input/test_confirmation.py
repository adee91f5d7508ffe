"""What needs a yes is refused where nobody can be asked."""

from bad_input.expect import REFUSED, assert_ended, assert_serves, edit
from workspace import Workspace


def test_environment_that_asks(live: Workspace) -> None:
    edit(live.folder / "deploy.toml", "env_file", "confirm = true\nenv_file")
    ended = live.deploy("v2")
    assert_ended(ended, REFUSED, f"{live.app} on staging", "not confirmed", "--yes in a script")


def test_database_that_changed(live: Workspace) -> None:
    ended = live.deploy("v2", "--yes", STORE_MEMORY="32mb")
    assert_ended(ended, REFUSED, "store", "it holds data", "`--recreate store`", "volumes stay")


def test_database_that_may_change(tiny: Workspace) -> None:
    assert tiny.deploy("v1").code == 0
    done = tiny.deploy("v2", "--recreate", "store", STORE_MEMORY="32mb")
    assert done.code == 0, done.all
    assert_serves(tiny, "v2")
    store = tiny.replicas("store")[0]
    memory = tiny.on_server(f"docker exec {store} redis-cli config get maxmemory")
    assert str(32 * 1024 * 1024) in memory
