"""A name that is not there: the nearest one, or all there are."""

import shutil

import pytest
from bad_input.expect import REFUSED, assert_ended
from workspace import Workspace


def test_environment(live: Workspace) -> None:
    ended = live.inv("deploy", "--env", "stagin", "--tag", "v2")
    assert_ended(ended, REFUSED, "--env", "'stagin'", "did you mean 'staging'?")


def test_app(live: Workspace) -> None:
    for name in ("shop", "blog"):
        folder = live.folder / "compose" / name
        folder.mkdir(parents=True)
        shutil.copy(live.folder / "deploy.toml", folder)
    ended = live.inv("status", "--app", "shpo")
    assert_ended(ended, REFUSED, "--app", "'shpo'", "did you mean 'shop'?")


@pytest.mark.parametrize("task", [("logs",), ("exec", "true")], ids=["logs", "exec"])
@pytest.mark.parametrize("where", [(), ("--env", "staging")], ids=["here", "there"])
def test_service(live: Workspace, task: tuple[str, ...], where: tuple[str, ...]) -> None:
    ended = live.inv(*task, "--service", "wbe", *where)
    assert_ended(ended, REFUSED, "--service", "'wbe'", "web")


def test_no_service(live: Workspace) -> None:
    assert_ended(live.inv("exec", "true"), REFUSED, "--service", "no service", "--service web")


def test_service_to_build(live: Workspace) -> None:
    ended = live.inv("build", "--service", "web", "--tag", "v2")
    assert_ended(ended, REFUSED, "--service", "'web' has no build section", "add")


def test_release(live: Workspace) -> None:
    ended = live.inv("rollback", "--to", "v0")
    assert_ended(ended, REFUSED, "--to", "'v0'", "recorded are: ", "-v1")


def test_no_earlier_release(production: Workspace) -> None:
    ended = production.inv("rollback")
    assert_ended(ended, REFUSED, "rollback", "no earlier release", "`inv deploy --tag`")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("web=0", ["'web=0'", "web=3"]),
        ("web=x", ["'web=x'", "web=3"]),
        ("web", ["'web'", "web=3"]),
        ("web=2,web", ["'web'", "web=3"]),
        ("nginx=2", ["nginx cannot be scaled", "one nginx serves at a time"]),
        ("store=2", ["store cannot be scaled", "start-first"]),
        ("wbe=2", ["'wbe'", "web"]),
    ],
)
def test_scale(live: Workspace, wanted: str, words: list[str]) -> None:
    assert_ended(live.inv("scale", wanted), REFUSED, "scale", *words)


def test_tag(live: Workspace) -> None:
    assert_ended(live.deploy("bad tag!"), REFUSED, "--tag", "'bad tag!'", "use letters")


def test_no_tag_and_no_git(live: Workspace) -> None:
    ended = live.inv("deploy", GIT_CEILING_DIRECTORIES=str(live.folder.parent))
    assert_ended(ended, REFUSED, "--tag", "no git checkout", "--tag v1")
