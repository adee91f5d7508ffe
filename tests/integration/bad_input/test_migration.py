"""A migration that fails, or hangs: nothing was switched, and its output is shown."""

import pytest
from bad_input.expect import REFUSED, assert_ended, edit
from workspace import Workspace


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("echo half-way; exit 1", "it failed"),
        ("echo half-way; sleep 600", "it took longer than 2 s and was stopped"),
        ("echo half-way; kill -9 $$", "it failed"),
    ],
    ids=["fails", "hangs", "is killed"],
)
def test_migration(live: Workspace, command: str, wrong: str) -> None:
    migrate = f"""{{ service = "web", command = "sh -c '{command}'", timeout = "2s" }}"""
    edit(live.folder / "deploy.toml", "keep = 3", f"migrate = {migrate}")
    ended = live.deploy("v2")
    words = [wrong, "mend the migration and deploy again", "the old version still serves"]
    assert_ended(ended, REFUSED, "migrate (web)", *words)
    assert "half-way" in ended.err


def test_no_such_command(live: Workspace) -> None:
    edit(
        live.folder / "deploy.toml",
        "keep = 3",
        'migrate = { service = "web", command = "no-such-program" }',
    )
    ended = live.deploy("v2")
    assert_ended(ended, REFUSED, "migrate (web)", "it failed", "mend the migration")
    assert "no-such-program" in ended.err
