"""swap.sh and aside.sh in a real shell, with a Docker of files: volumes are folders, and so on."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.host import Result, Run, Script, step_script
from deploy.host.local import LocalHost

SWAP = step_script("deploy.backup", "swap.sh")
ASIDE = Script("deploy.backup", "aside.sh")
DOCKER = """\
#!/bin/sh
at=$(dirname "$0")
echo "$*" >>"$at/said"
case "$1 $2" in
"volume inspect") [ ! -d "$at/$3" ] && [ ! -d "$at/${5:-}" ] && exit 1 ;;
esac
case "$1 $2" in
"volume inspect") echo "local null $at/volumes/${5:-$3}/_data" ;;
"ps "*) echo c1 ;;
"inspect "*) cat "$at/health" ;;
"run "*)
    for last; do :; done
    case "$*" in
    *" --entrypoint stat "*)
        while [ "$1" != --volume ]; do shift; done
        place=${2%:/at:ro}
        case $place in /*) ;; *) place=$at/volumes/$place/_data ;; esac
        stat --format %i "$place" ;;
    *" exchange "*)
        while [ "$1" != --volume ]; do shift; done
        above=${2%:/at}
        one=$above/${5#/at/} other=$above/${6#/at/}
        [ ! -e "$one/stuck" ] || exit 1
        mv "$one" "$one.x" && mv "$other" "$one" && mv "$one.x" "$other" ;;
    esac ;;
esac
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of an environment, and beside it a Docker with two volumes and what fills them."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "docker").write_text(DOCKER)
    (tools / "docker").chmod(0o755)
    (tools / "health").write_text("healthy\n")
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    for volume, content in (
        ("db", "old"),
        ("db-restore", "new"),
        ("up", "old"),
        ("up-restore", "new"),
    ):
        (tools / volume).mkdir()
        data = tools / "volumes" / volume / "_data"
        data.mkdir(parents=True)
        (data / "content").write_text(content)
    root = tmp_path / "app"
    (root / "backup").mkdir(parents=True)
    (root / "lock").mkdir()
    (root / "lock" / "run").write_text("run1\n")
    return root


def swap(root: Path, *places: str, patience: int = 0) -> int:
    run = Run(str(root), "run1")
    (root / "lock" / "turn").unlink(missing_ok=True)
    pairs = places or ("db", "db-restore", "up", "up-restore")
    command = SWAP.command(run.root, run.next_turn(), '"swap"', "pump", str(patience), *pairs)
    return LocalHost().run(command).exit_code


def aside(root: Path) -> Sequence[str]:
    said: Result = LocalHost().run(ASIDE.command("pump", str(root / "backup" / "aside")))
    return said.text.splitlines()


def content(root: Path, *volumes: str) -> list[str]:
    there = root.parent / "bin" / "volumes"
    return [(there / name / "_data" / "content").read_text() for name in volumes]


def typed(root: Path) -> list[str]:
    return (root.parent / "bin" / "said").read_text().splitlines()


def test_all_change_places_and_it_is_known_for_undoing(server: Path) -> None:
    assert aside(server) == []
    assert swap(server) == 0

    assert content(server, "db", "db-restore", "up", "up-restore") == ["new", "old", "new", "old"]
    assert aside(server) == ["restored db-restore", "restored up-restore"]
    assert [line for line in typed(server) if line in {"stop c1", "start c1"}] == [
        "stop c1",
        "start c1",
    ]
    assert not (server / "backup" / "stopped").exists()

    assert swap(server) == 0
    assert content(server, "db", "up") == ["old", "old"]
    assert aside(server) == ["returned db-restore", "returned up-restore"]


def test_what_a_machine_that_went_down_has_swapped_is_known(server: Path) -> None:
    assert swap(server) == 0
    assert swap(server, "db", "db-restore") == 0

    assert aside(server) == ["returned db-restore", "restored up-restore"]


def test_where_one_cannot_none_does(server: Path) -> None:
    (server.parent / "bin" / "volumes" / "up" / "_data" / "stuck").touch()

    assert swap(server) == 35

    assert content(server, "db", "up") == ["old", "old"]
    assert typed(server)[-1] == "start c1"


def test_where_the_app_is_not_well_on_the_data_that_of_before_serves_again(server: Path) -> None:
    (server.parent / "bin" / "health").write_text("starting\n")

    assert swap(server) == 49

    assert content(server, "db", "up") == ["old", "old"]
    assert aside(server) == ["returned db-restore", "returned up-restore"]
    assert typed(server).count("start c1") == 2


def test_folders_lie_side_by_side_even_below_the_root(server: Path, tmp_path: Path) -> None:
    for name, text in (("media", "old"), ("media-restore", "new")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "content").write_text(text)
    media = f"{tmp_path}/media"

    assert swap(server, media, f"{media}-restore") == 0

    assert (tmp_path / "media" / "content").read_text() == "new"
    assert f"--volume {tmp_path}:/at pump exchange /at/media /at/media-restore" in "\n".join(
        typed(server)
    )


def test_a_folder_that_is_a_file_system_of_its_own_is_told_before_anything_stops(
    server: Path,
) -> None:
    assert swap(server, "/proc", "/proc-restore") == 48

    assert "stop c1" not in typed(server)
