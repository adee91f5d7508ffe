"""`inv init` as it is typed, without a terminal."""

from pathlib import Path

import pytest

from deploy.errors import SettingsError
from deploy.tasks.init import init

COMPOSE = 'services: { web: { image: "httpd:2.4", ports: ["8080:80"] } }\n'


def test_without_a_compose_file_and_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--like transformation-coaching | "):
        init.body(None, folder=str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_compose_file_and_an_example_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)

    with pytest.raises(SettingsError, match="leave --like out"):
        init.body(None, folder=str(tmp_path), like="loc8")


def test_each_choice_and_each_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "tasks.py").touch()

    init.body(None, folder=str(tmp_path), app="shop")
    out = capsys.readouterr().out

    assert (
        "- web: HTTP on 80, behind port 80 of nginx: it is published. [slipway/site.conf]\n" in out
    )
    assert "slipway/.env.example\n" in out
    assert "there already, and left as it is: " in out
    assert "  inv deploy --env staging --tag v1\n" in out


def test_many_files_are_told_by_their_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init.body(None, folder=str(tmp_path), like="loc8")
    out = capsys.readouterr().out

    assert "backend/app\n" in out
    assert "main.py" not in out
    assert "  inv sandbox.up --extra node\n" in out
