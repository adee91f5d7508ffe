"""start.sh in a real shell, with a Docker of a few lines."""

from pathlib import Path

import pytest

from deploy.engine.base import Scale
from deploy.engine.compose.engine import ComposeEngine
from deploy.errors import Unhealthy
from deploy.host import Run
from deploy.host.local import LocalHost

DOCKER = r"""#!/bin/sh
# `before` and `after` hold lines of: id restarts state health
case "$*" in
compose*) cp after now ;;
"ps --all"*) cut -d ' ' -f 1 now ;;
ps*) cut -d ' ' -f 1 before ;;
*unchecked*) sed 's/^/web /' now ;;
*'--format {{.ID}} {{.RestartCount}}'*) cut -d ' ' -f 1,2 before ;;
esac
"""


def start(root: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    (root / "bin").mkdir()
    (root / "bin" / "docker").write_text(DOCKER)
    (root / "bin" / "docker").chmod(0o755)
    (root / "lock").mkdir()
    (root / "lock" / "run").write_text("run1\n")
    (root / "before").write_text(before)
    (root / "after").write_text(after)
    (root / "now").write_text(before)
    monkeypatch.setenv("PATH", str(root / "bin"), prepend=":")
    engine = ComposeEngine(LocalHost(), "app", str(root))
    engine.start(Run(str(root), "run1"), "r1", [Scale("web", 2, 2, "d1", 0.0)], lambda _: None)


def test_a_replica_that_restarted_long_ago_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(
        tmp_path, monkeypatch, "a 1 running healthy\n", "a 1 running healthy\nb 0 running healthy\n"
    )


def test_a_replica_that_was_ill_before_does_not_stop_those_that_replace_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill = "a 0 running unhealthy\n"
    start(tmp_path, monkeypatch, ill, f"{ill}b 0 running healthy\nc 0 running healthy\n")


@pytest.mark.parametrize(
    "after",
    [
        "a 0 running healthy\nb 1 running starting\n",
        "a 0 running healthy\nb 0 exited starting\n",
        "a 0 running healthy\nb 0 running unhealthy\n",
        "a 1 running healthy\nb 0 running healthy\n",
    ],
)
def test_one_that_crashes_now_is_unhealthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    with pytest.raises(Unhealthy, match="crashed, or is unhealthy"):
        start(tmp_path, monkeypatch, "a 0 running healthy\n", after)


def test_one_that_takes_too_long_is_unhealthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unhealthy, match="was not healthy after 0 s"):
        start(tmp_path, monkeypatch, "", "a 0 running healthy\nb 0 running starting\n")
