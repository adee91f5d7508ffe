"""What runs beside the pump ends with it, also where Docker never starts it."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from deploy.host import Script
from deploy.host.local import LocalHost

PUMP = Script("deploy.backup", "pump.sh", (("deploy.backup", "still.sh"),))
# What Docker would run in the pump's container: the pump's half of the conversation.
SAVES = 'printf whole >"$run/store"; until [ -e "$run/store.exit" ]; do sleep 0.05; done'
LOADS = (
    'cat "$run/store"; until [ -e "$run/store.exit" ]; do sleep 0.05; done; cat "$run/store.exit"'
)
NEVER = "sleep 0.3; echo 'no such image' >&2; exit 125"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "my store").mkdir()
    return tmp_path


def ran(folder: Path, docker: str, verb: str) -> tuple[int, str]:
    """Run the script with a Docker that does this; return exit code and output."""
    run = folder / "backup" / "run.db"
    (folder / "bin" / "docker").write_text(f"#!/bin/sh\nrun={run}\n{docker}\n")
    (folder / "bin" / "docker").chmod(0o755)
    host = LocalHost({"PATH": f"{folder}/bin:{os.environ['PATH']}"})
    file = str(folder / "my store" / "object")
    command = PUMP.command(str(run), "image", verb, "-", "ro", "", file, "-", timeout=20)
    result = host.run(command)
    assert not run.exists()
    return result.exit_code, result.text


def test_a_file_is_written(folder: Path) -> None:
    assert ran(folder, SAVES, "save")[0] == 0
    assert (folder / "my store" / "object").read_text() == "whole"
    assert (folder / "my store" / "object").stat().st_mode & 0o777 == 0o600


def test_a_file_is_read(folder: Path) -> None:
    (folder / "my store" / "object").write_text("whole\n")

    assert ran(folder, LOADS, "load") == (0, "whole\n0\n")


def test_a_file_that_is_gone_is_told_apart(folder: Path) -> None:
    assert ran(folder, LOADS, "load") == (0, "65\n")


@pytest.mark.parametrize("verb", ["save", "load"])
def test_a_pump_that_never_starts_leaves_nobody_waiting(folder: Path, verb: str) -> None:
    (folder / "my store" / "object").write_text("whole\n")

    assert ran(folder, NEVER, verb)[0] == 125

    end = time.monotonic() + 10
    while waiting(folder):
        assert time.monotonic() < end
        time.sleep(0.01)


def waiting(folder: Path) -> list[str]:
    """Return the processes whose arguments name the folder."""
    argv = ["pgrep", "-f", f"{folder}/backup"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()
