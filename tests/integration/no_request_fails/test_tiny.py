"""A first look: deploy, nothing to do, next version, rollback."""

from workspace import Workspace


def test_deploy_next_and_rollback(tiny: Workspace) -> None:
    first = tiny.deploy("v1")
    assert first.code == 0, first.all
    assert tiny.serving() == "v1"
    again = tiny.deploy("v1")
    assert "nothing to do" in again.out
    second = tiny.deploy("v2")
    assert second.code == 0, second.all
    assert tiny.serving() == "v2"
    assert len(tiny.replicas()) == 1
    back = tiny.inv("rollback", "--env", "staging")
    assert back.code == 0, back.all
    assert tiny.serving() == "v1"
