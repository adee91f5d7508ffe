"""The release that a server is sent, as the real `docker compose config` reads it there."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from deploy.engine.base import Observation
from deploy.host import Command, Script
from deploy.host.local import LocalHost
from deploy.wiring import open_app

NOTHING = Observation(0, "27", "2", "6.8", 0, ":0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DEPLOY_ENV", "DEPLOY_APP"):
        monkeypatch.delenv(name, raising=False)
    found = tmp_path / "checkout"
    found.mkdir()
    (found / "tasks.py").touch()
    root = f'hosts = ["local"]\nroot = "{tmp_path}"\n'
    (found / "deploy.toml").write_text(f'app = "shop"\n[environments.test]\n{root}')
    return found


def placed(folder: Path, compose: str) -> tuple[Path, str]:
    """Unpack a release where a server has it; return that folder, and the id of the release."""
    (folder / "compose.yaml").write_text(compose)
    app = open_app("", "test", folder)
    draft = app.blueprint("v1").draft(NOTHING, {})
    with tarfile.open(fileobj=io.BytesIO(draft.payload)) as archive:
        archive.extractall(app.root, filter="data")
    return Path(app.root), draft.release.id


def test_a_file_of_any_name_is_found_again(folder: Path) -> None:
    (folder / "größe 😀.conf").touch()
    volumes = 'volumes: ["./größe 😀.conf:/size.conf:ro"]'
    root, release = placed(folder, f"services: {{web: {{image: web, {volumes}}}}}")
    script = Script("deploy.engine.compose", "whole.sh")

    ended = LocalHost().run(script.command(str(root), "shop-test", release))

    assert (ended.exit_code, ended.error_text) == (0, "")


def test_any_letter_of_a_value_comes_back(folder: Path) -> None:
    value = r'"\u00e9\U0001f600\x7f\x85\x90\u2028\uffff"'
    environment = f"environment: {{A: {value}}}"
    root, release = placed(folder, f"services: {{web: {{image: web, {environment}}}}}")
    file = root / "releases" / release / "compose.yaml"
    read = ("docker", "compose", "--file", str(file), "config", "--format", "json")

    services = json.loads(LocalHost().run(Command(read)).stdout)["services"]

    assert services["web"]["environment"] == {"A": "é😀\x7f\x85\x90\u2028\uffff"}
