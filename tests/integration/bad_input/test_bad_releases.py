"""A new version that crashes, never becomes healthy, or answers badly."""

import pytest
from bad_input.expect import REFUSED, ROLLED_BACK, assert_ended, assert_nothing_there
from workspace import Workspace


@pytest.mark.parametrize(
    ("mode", "place", "wrong", "evidence"),
    [
        ("boot", "web", "a new replica crashed", "MODE=boot: no start today"),
        ("unhealthy", "web", "is unhealthy", "503"),
        ("proxy", "nginx", "does not answer at http://tiny.test/health", "tiny.test is refused"),
    ],
)
def test_bad_release(live: Workspace, mode: str, place: str, wrong: str, evidence: str) -> None:
    ended = live.deploy("v2", MODE=mode, MONITOR="8s")
    assert_ended(ended, ROLLED_BACK, place, wrong, "rolled back, release ", "deploy again")
    assert evidence in ended.err


def test_bad_first_release(tiny: Workspace) -> None:
    ended = tiny.deploy("v1", MODE="boot")
    assert_ended(ended, ROLLED_BACK, "web", "what it started is gone again", "deploy again")
    assert_nothing_there(tiny)


def test_port_that_is_taken(served: Workspace, tiny: Workspace) -> None:
    nginx = served.containers()
    taken = served.on_server(f"docker port {nginx[0]} 80").rpartition(":")[2].strip()
    ended = tiny.deploy("v1", PORT=f"{taken}:80")
    wrong = f"port {taken}, which nginx is to publish, is taken there"
    assert_ended(ended, REFUSED, "deploy@staging.sandbox", wrong, "`ss -ltnp`")
    assert_nothing_there(tiny)
