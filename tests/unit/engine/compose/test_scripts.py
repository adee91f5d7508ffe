"""migrate.sh and stop.sh in a real shell, with a Docker of a few lines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.engine.compose.engine import ComposeEngine
from deploy.errors import EngineError
from deploy.host import Run
from deploy.host.local import LocalHost

Make = Callable[[str], tuple[ComposeEngine, Run]]


@pytest.fixture
def engine_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    def make(docker: str) -> tuple[ComposeEngine, Run]:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "docker").write_text(f"#!/bin/sh\n{docker}\n")
        (tmp_path / "bin" / "docker").chmod(0o755)
        (tmp_path / "lock").mkdir()
        (tmp_path / "lock" / "run").write_text("run1\n")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        return ComposeEngine(LocalHost(), "app", str(tmp_path)), Run(str(tmp_path), "run1")

    return make


def test_a_migration_has_its_deadline_where_its_log_cannot_be_followed(engine_with: Make) -> None:
    engine, run = engine_with('case "$1" in inspect | logs) exit 1 ;; wait) exec sleep 60 ;; esac')

    with pytest.raises(EngineError, match="it took longer than 1 s and was stopped"):
        engine.migrate(run, "r1", "web", ["alembic"], timeout=1, watch=lambda _: None)


@pytest.mark.parametrize("docker", ["exit 1", '[ "$1" != ps ] || echo c1'])
def test_a_container_counts_as_gone_only_where_docker_says_so(
    engine_with: Make, docker: str
) -> None:
    engine, run = engine_with(docker)

    with pytest.raises(EngineError, match="docker ps"):
        engine.stop(run, ["c1"], 1.0)
