"""Two deploys at once, and one whose client died."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bad_input.expect import PERSON, REFUSED, assert_ended
from stage import wait_until
from workspace import INV, Ended, Workspace

PLACE = "deploy@staging.sandbox"


@contextmanager
def slow_deploy(workspace: Workspace, tag: str) -> Iterator["subprocess.Popen[str]"]:
    """A deploy in the background that holds the lock, and takes its time to start a replica."""
    process = subprocess.Popen(
        [INV, "deploy", "--env", "staging", "--tag", tag],
        cwd=workspace.folder,
        env=workspace.variables(MODE="slowstart"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: len(workspace.replicas()) == 2, 20)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_held_lock(live: Workspace) -> None:
    with slow_deploy(live, "v2") as first:
        second = live.deploy("v3")
        words = [
            f"@{os.uname().nodename} is at work here: deploy v2, since ",
            "`inv server.unlock`",
        ]
        assert_ended(second, REFUSED, PLACE, *words)
        unasked = live.inv("server.unlock")
        assert_ended(unasked, REFUSED, f"{live.app} on staging", "not confirmed", "--yes")
        freed = live.inv("server.unlock", "--yes")
        assert freed.code == 0, freed.all
        assert "unlocked" in freed.out
        out, err = first.communicate(timeout=60)
        lost = Ended(first.returncode, out, err)
        assert_ended(lost, PERSON, PLACE, "the lock is no longer ours", "`inv status`")
    again = live.deploy("v1")
    assert again.code == 0, again.all


def test_abandoned_lock(live: Workspace) -> None:
    with slow_deploy(live, "v2") as first:
        first.kill()
        first.wait()
        again = live.deploy("v1")
    assert again.code == 0, again.all
    assert "found: deploy v2 by " in again.out
    assert "; this run removes the 1 replica that it left" in again.out
    assert "took over an abandoned lock" in live.on_server(f"cat {live.root}/journal.jsonl")
