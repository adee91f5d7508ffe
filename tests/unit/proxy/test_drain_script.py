"""drain.sh in a real shell, with a Docker that answers what it is told to."""

from pathlib import Path

import pytest

from deploy.host import step_script
from deploy.host.archive import READABLE, pack
from deploy.host.local import LocalHost

DRAIN = step_script("deploy.proxy", "drain.sh", "reload.sh")
DOCKER = """\
#!/bin/sh
case $* in
*State.Running*) echo true ;;
*State.Status*) echo {status} ;;
esac
"""


@pytest.mark.parametrize(("status", "code"), [("running", 0), ("restarting", 41), ("exited", 41)])
def test_a_new_replica_that_crashed_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    root, docker = tmp_path / "app", tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER.format(status=status))
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    (root / "lock").mkdir(parents=True)
    (root / "lock" / "run").write_text("run1\n")
    upstreams = pack({"web.conf": b"# web\n"}, READABLE)

    command = DRAIN.command(str(root), "run1:1", '"drain"', "1", "web-1", stdin=upstreams)

    assert LocalHost().run(command).exit_code == code
