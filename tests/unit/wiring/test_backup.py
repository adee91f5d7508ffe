"""How it stands, asked of a store that answers, refuses, or keeps silent."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from backup.bucket import objects_of, serving, shop
from backup.memory import PROJECT, Memory, snapshot_of

from deploy.backup import keys
from deploy.backup.catalog import STRUCTURE, Catalog, Proof, Standing
from deploy.errors import SettingsError, StoreError, StoreUnreachable
from deploy.tasks.look import _backup
from deploy.wiring import App, open_app
from deploy.wiring.backup import KEY_VARIABLE, key_file, standing, standing_soon


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ann")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


def a_store(begun: float) -> Memory:
    store, key = Memory(), keys.generate()
    catalog = Catalog(store, PROJECT)
    catalog.add(snapshot_of("s1", begun=begun, key=key), key.secret)
    catalog.prove("s1", Proof(STRUCTURE, 100))
    return store


def test_a_store_that_answers(tmp_path: Path) -> None:
    with serving(objects_of(a_store(time.time() - 18_100))) as endpoint:
        app = shop(tmp_path, endpoint)
        found = standing_soon(app, patience=60)
        line, record = _backup(app)

    assert found.newest
    assert (found.newest.snapshot.id, found.proven, found.unproven) == ("s1", 1, 0)
    assert line == "s1, 5 h old, proven to level 2"
    assert record
    assert (record["id"], record["level"]) == ("s1", 2)


def test_a_store_without_snapshots(tmp_path: Path) -> None:
    with serving({}) as endpoint:
        app = shop(tmp_path, endpoint)

        assert standing(app) == Standing(None, 0, 0)
        assert _backup(app)[0] == "none proven"


def test_a_store_that_keeps_silent_holds_nobody_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = shop(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()

        with pytest.raises(StoreUnreachable, match="not within 0.2 s"):
            standing_soon(app, patience=0.2)

    assert time.monotonic() - begun < 20  # boto3 itself would wait for minutes


def test_a_store_that_refuses_is_one_line_of_status(tmp_path: Path) -> None:
    app = shop(tmp_path, "nonsense")

    line, record = _backup(app)

    assert line.startswith("the store does not answer (")
    assert record
    assert set(record) == {"error"}


def test_without_backup_in_deploy_toml_status_says_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").touch()
    (tmp_path / "deploy.toml").write_text(
        'app = "shop"\n[environments.staging]\nhosts = ["local"]\n'
    )

    assert _backup(open_app(None, None, tmp_path)) == ("", None)


def a_folder(folder: Path, name: str = "store") -> App:
    """Return an app of this machine whose snapshots lie in a folder here."""
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / "deploy.toml").write_text(
        f'app = "shop"\n[environments.staging]\nhosts = ["local"]\n'
        f'[backup]\nstore = "file://{folder}/{name}"\nencrypt = ["{keys.generate().public}"]\n'
    )
    return open_app(None, None, folder)


def test_a_store_in_a_folder(tmp_path: Path) -> None:
    for key, data in objects_of(a_store(time.time() - 18_100)).items():
        (tmp_path / "store" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "store" / key).write_bytes(data)

    line, record = _backup(a_folder(tmp_path))

    assert line == "s1, 5 h old, proven to level 2"
    assert record
    assert (record["id"], record["level"]) == ("s1", 2)


def test_a_folder_that_is_not_mounted_is_one_line_of_status(tmp_path: Path) -> None:
    app = a_folder(tmp_path)

    assert _backup(app)[0] == "the store does not answer (there is no such folder)"
    with pytest.raises(StoreError, match="mount the disk or the share"):
        standing(app)


def test_for_a_folder_boto3_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    a_folder(tmp_path)
    program = (
        "import sys; from deploy.wiring import open_app; from deploy.wiring.backup import standing;"
        "print(standing(open_app(None, None)));"
        "assert not {'boto3', 'botocore'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
    )


def test_the_file_of_the_private_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv(KEY_VARIABLE, "~/of/the/environment")

    assert key_file("~/named") == Path("/home/ann/named")
    assert key_file("") == Path("/home/ann/of/the/environment")


@pytest.mark.parametrize(("named", "place"), [("~nobody.here/key", "--key"), ("", KEY_VARIABLE)])
def test_a_home_folder_of_nobody(monkeypatch: pytest.MonkeyPatch, named: str, place: str) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "~nobody.here/key")

    with pytest.raises(SettingsError, match=f"^{place}: '~nobody.here/key' begins with no home"):
        key_file(named)
