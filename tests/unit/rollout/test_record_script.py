"""record.sh in a real shell."""

from pathlib import Path

import pytest

from deploy.host import Run, step_script
from deploy.host.local import LocalHost


def record(root: Path, stdin: bytes, release: str = "r2") -> int:
    for folder in ("lock", "releases/r1", "releases/r2", "upstreams", "files"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "lock" / "run").write_text("run1\n")
    (root / "releases" / "r1" / "release.json").write_text("{}\n")
    (root / "releases" / "r2" / "compose.yaml").write_text("{}")
    (root / "current").symlink_to("releases/r1")
    run = Run(str(root), "run1")
    script = step_script("deploy.rollout", "record.sh")
    return (
        LocalHost()
        .run(script.command(run.root, run.next_turn(), '"record"', release, stdin=stdin))
        .exit_code
    )


def test_a_release_is_written_down_and_the_lock_given_back(tmp_path: Path) -> None:
    assert record(tmp_path, b'{"id": "r2"}\n') == 0

    assert (tmp_path / "current" / "release.json").read_text() == '{"id": "r2"}\n'
    assert not (tmp_path / "lock").exists()


def test_a_record_of_a_client_that_died_is_not_written_down(tmp_path: Path) -> None:
    assert record(tmp_path, b"") == 47

    assert (tmp_path / "current").readlink() == Path("releases/r1")
    assert not (tmp_path / "releases" / "r2" / "release.json").exists()
    assert (tmp_path / "lock").exists()


def test_what_a_container_has_mounted_stays_although_no_release_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, docker = tmp_path / "app", tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        f"#!/bin/sh\ncase $1 in ps) echo c1 ;; inspect) echo {root}/files/ab/conf ;; esac"
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    for name in ("ab", "cd"):
        (root / "files" / name).mkdir(parents=True)

    assert record(root, b"", release="-") == 0

    assert [folder.name for folder in (root / "files").iterdir()] == ["ab"]
