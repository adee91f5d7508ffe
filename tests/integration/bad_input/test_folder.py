"""A folder on the server that the user may not write to."""

from bad_input.expect import REFUSED, assert_ended, assert_nothing_there, assert_serves, remedy
from workspace import Workspace


def test_no_right_to_write(tiny: Workspace) -> None:
    tiny.on_server(f"install -d -m 755 /opt/{tiny.app}")
    ended = tiny.deploy("v1")
    words = [f"user deploy may not write to {tiny.root}", f"install -d -o deploy {tiny.root}"]
    assert_ended(ended, REFUSED, "deploy@staging.sandbox", *words)
    assert_nothing_there(tiny)
    tiny.on_server(remedy(ended).removeprefix("sudo "))
    again = tiny.deploy("v1")
    assert again.code == 0, again.all
    assert_serves(tiny, "v1")
