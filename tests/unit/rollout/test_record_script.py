"""record.sh in a real shell."""

from pathlib import Path

import pytest

from deploy.host import Result, Run, step_script
from deploy.host.local import LocalHost


def record(root: Path, stdin: bytes, *arguments: str) -> Result:
    for folder in ("lock", "releases/r1", "releases/r2", "upstreams", "files"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "lock" / "run").write_text("run1\n")
    (root / "releases" / "r1" / "release.json").write_text("{}\n")
    (root / "releases" / "r2" / "compose.yaml").write_text("{}")
    (root / "current").symlink_to("releases/r1")
    run = Run(str(root), "run1")
    script = step_script("deploy.rollout", "record.sh")
    given = (run.root, run.next_turn(), '"record"', *(arguments or ("r2",)))
    return LocalHost().run(script.command(*given, stdin=stdin))


def test_a_release_is_written_down_and_the_lock_given_back(tmp_path: Path) -> None:
    assert record(tmp_path, b'{"id": "r2"}\n').ok

    assert (tmp_path / "current" / "release.json").read_text() == '{"id": "r2"}\n'
    assert not (tmp_path / "lock").exists()


def test_a_record_of_a_client_that_died_is_not_written_down(tmp_path: Path) -> None:
    assert record(tmp_path, b"").exit_code == 47

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

    assert record(root, b"", "-").ok

    assert [folder.name for folder in (root / "files").iterdir()] == ["ab"]


def test_what_cannot_be_removed_is_said_and_fails_no_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, rm = tmp_path / "app", tmp_path / "bin" / "rm"
    rm.parent.mkdir()
    rm.write_text('#!/bin/sh\ncase $* in *releases/r0 | *files/ab) exit 1 ;; esac\n/bin/rm "$@"\n')
    rm.chmod(0o755)
    (rm.parent / "docker").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{rm.parent}:/usr/bin:/bin")
    for name in ("releases/r0", "files/ab", "files/cd"):
        (root / name).mkdir(parents=True)

    ended = record(root, b'{"id": "r2"}\n', "r2", "r0")

    assert (ended.exit_code, (root / "current").readlink()) == (0, Path("releases/r2"))
    assert f"{root}/releases/r0 cannot be removed. remove it by hand." in ended.text
    assert [folder.name for folder in (root / "files").iterdir()] == ["ab"]
    assert not (root / "lock").exists()


def test_a_heartbeat_while_the_lock_is_given_back_hinders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, rm = tmp_path / "app", tmp_path / "bin" / "rm"
    rm.parent.mkdir()
    rm.write_text(
        "#!/bin/sh\nfor last; do :; done\ncase $last in lock*)\n/bin/rm -f $last/*\n"
        'touch lock/heartbeat\nexec rmdir $last\nesac\nexec /bin/rm "$@"\n'
    )
    rm.chmod(0o755)
    monkeypatch.setenv("PATH", str(rm.parent), prepend=":")

    assert record(root, b'{"id": "r2"}\n').ok

    assert not list(root.glob("lock*"))
