"""step.sh in a real shell."""

import subprocess
import time
from pathlib import Path

from deploy.host import Result, step_script
from deploy.host.local import LocalHost

RECORD = step_script("deploy.rollout", "record.sh")
CATCH_UP = step_script("deploy.rollout", "catch_up.sh")


def locked(root: Path) -> Path:
    (root / "lock").mkdir()
    (root / "lock" / "run").write_text("run1\n")
    (root / "releases" / "r1").mkdir(parents=True)
    (root / "releases" / "r1" / "compose.yaml").write_text("{}")
    return root


def catch_up(root: Path) -> Result:
    return LocalHost().run(CATCH_UP.command(str(root), "run1:2", '"catch up"', timeout=10))


def test_a_client_that_sleeps_while_it_sends_holds_nobody_up(tmp_path: Path) -> None:
    root = locked(tmp_path)
    record = RECORD.command(str(root), "run1:1", '"record"', "r1")
    with subprocess.Popen(record.argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as sleeper:
        while not list(root.glob(".input.run1.*")):
            time.sleep(0.01)
        assert catch_up(root).ok
        sleeper.communicate(b"{}\n")
    assert sleeper.returncode != 0
    assert not (root / "current").exists()
    assert "record" not in (root / "journal.jsonl").read_text()


def test_a_step_that_a_later_one_has_overtaken_does_not_begin(tmp_path: Path) -> None:
    root = locked(tmp_path)
    assert catch_up(root).ok  # it was sent second, and came first
    late = RECORD.command(str(root), "run1:1", '"record"', "r1", stdin=b"{}\n")
    assert LocalHost().run(late).exit_code == 76
    assert not (root / "current").exists()
    after = RECORD.command(str(root), "run1:3", '"record"', "r1", stdin=b"{}\n")
    assert LocalHost().run(after).ok


def test_what_was_sent_leaves_nothing_behind(tmp_path: Path) -> None:
    root = locked(tmp_path)
    record = RECORD.command(str(root), "run1:1", '"record"', "r1", stdin=b"{}\n")
    assert LocalHost().run(record).ok
    assert list(root.glob(".input*")) == []
    assert (root / "releases" / "r1" / "release.json").read_text() == "{}\n"
