"""deploy.toml: each fault has its file, its line and the nearest right name."""

import pytest
from bad_input.expect import REFUSED, assert_ended, edit
from workspace import Workspace


def test_no_file(live: Workspace) -> None:
    (live.folder / "deploy.toml").unlink()
    assert_ended(live.deploy("v2"), REFUSED, str(live.folder), "no deploy.toml", "write one")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("env_file =", "env_file", 5, ["not TOML", "line 5", "mend that line"]),
        ("env_file", "envfile", 5, ["envfile", "unknown", "did you mean 'env_file'?"]),
        ("keep = 3", 'keep = "3"', 9, ["rollout.keep", "a whole number is wanted, not a string"]),
        ("keep = 3", "keep = true", 9, ["rollout.keep", "a whole number is wanted, not a boolean"]),
        ("keep = 3", "keep = 0", 9, ["rollout.keep", "0 is too small", "1 or more"]),
        ("[rollout]", "[rolout]", 8, ["rolout", "unknown", "did you mean 'rollout'?"]),
        ('hosts = ["deploy@staging.sandbox"]', "hosts = []", 4, ["no host", "user@server"]),
        ('hosts = ["deploy@staging.sandbox"]', "", 3, ["no host", "user@server"]),
        ('["deploy@staging.sandbox"]', '"staging.sandbox"', 4, ["a list", "not a string"]),
        ("keep = 3", 'migrate = { service = "web" }', 9, ["migrate.command", "missing", "write"]),
        ("keep = 3", 'drain = "soon"', 9, ["rollout.drain", "'soon'", '"90s"']),
        ('"http://tiny.test/health"', '"tiny.test"', 6, ["url", "no URL", "https://"]),
    ],
)
def test_fault(live: Workspace, old: str, new: str, line: int, words: list[str]) -> None:
    settings = live.folder / "deploy.toml"
    edit(settings, old, new)
    assert_ended(live.deploy("v2"), REFUSED, f"{settings}:{line}: ", *words)


def test_no_environments(live: Workspace) -> None:
    settings = live.folder / "deploy.toml"
    settings.write_text(f'app = "{live.app}"\n')
    assert_ended(live.deploy("v2"), REFUSED, str(settings), "add [environments.staging]")
