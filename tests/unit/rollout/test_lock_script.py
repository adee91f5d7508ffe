"""lock.sh in a real shell."""

import subprocess
from pathlib import Path

import pytest

from deploy.host import Script
from deploy.host.local import LocalHost

NOTHING_YET, CHANGED = ":0", 78


def abandon(root: Path) -> None:
    (root / "lock").mkdir()
    (root / "lock" / "run").write_text("run1\n")
    (root / "lock" / "holder").write_text('{"owner": "ben@desk"}\n')
    (root / "lock" / "heartbeat").touch()
    (root / "lock" / "abandoned").touch()


def claim(root: Path, stamp: str) -> int:
    script = Script("deploy.rollout", "lock.sh")
    command = script.command(str(root), "run2", "{}", stamp, "30", "0", stdin=b"release\n")
    return LocalHost().run(command).exit_code


def test_an_abandoned_lock_is_taken_over_and_that_is_written_down(tmp_path: Path) -> None:
    abandon(tmp_path)

    assert claim(tmp_path, NOTHING_YET) == 0

    journal = (tmp_path / "journal.jsonl").read_text()
    assert '"note":"took over an abandoned lock","holder":{"owner": "ben@desk"}' in journal
    assert not (tmp_path / "lock").exists()


@pytest.mark.parametrize("locked", [True, False])
def test_a_step_that_ended_after_the_look_is_looked_at_again(
    tmp_path: Path, *, locked: bool
) -> None:
    if locked:
        abandon(tmp_path)
    orphan = "flock 9; echo held; sleep 0.5; echo '{}' >>journal.jsonl"
    command = ["sh", "-c", f"exec 9>>.step; {orphan}"]

    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as step:
        assert step.stdout
        step.stdout.readline()
        assert claim(tmp_path, NOTHING_YET) == CHANGED

    assert claim(tmp_path, ":3") == 0
