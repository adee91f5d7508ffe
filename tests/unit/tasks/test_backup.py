"""What `inv backup` and `inv backup.check` say and tell where no server is needed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from backup.bucket import objects_of, serving, shop
from backup.memory import PROJECT, Memory, snapshot_of
from backup.telling.listener import Listener, listening
from invoke.context import Context
from invoke.exceptions import Exit

from deploy.backup import keys
from deploy.backup.catalog import STRUCTURE, Catalog, Proof
from deploy.tasks.backup import check, create, keygen

HOUR = 3600
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ann")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def snapshots(*ages: float) -> dict[str, bytes]:
    store, key = Memory(), keys.generate()
    catalog = Catalog(store, PROJECT)
    for number, age in enumerate(ages):
        name = f"s{len(ages) - number}"
        catalog.add(snapshot_of(name, begun=time.time() - age, key=key), key.secret)
        catalog.prove(name, Proof(STRUCTURE, 100))
    return objects_of(store)


def test_a_fresh_one_is_a_line(tmp_path: Path, capsys: Capture, listener: Listener) -> None:
    with serving(snapshots(5.1 * HOUR, 40 * HOUR)) as endpoint:
        shop(tmp_path, endpoint, f'notify = ["json://{listener.address}"]\n')
        check(Context())

    assert capsys.readouterr().out == "shop on staging: s2, 5 h old, proven to level 2\n"
    assert listener.came == []


def test_an_old_one_is_an_error_and_a_notification(
    tmp_path: Path, capsys: Capture, listener: Listener
) -> None:
    with serving(snapshots(5.1 * HOUR)) as endpoint:
        shop(tmp_path, endpoint, f'notify = ["json://{listener.address}"]\nmax_age = "4h"\n')
        with pytest.raises(Exit) as ending:
            check(Context())

    said = capsys.readouterr()
    line = "shop on staging: s1, the newest proven snapshot, is 5 h old; max_age is 4 h."
    assert ending.value.code == 1
    assert said.out == ""
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1
    assert [json.loads(body)["message"] for _, _, body in listener.came] == [said.err.rstrip()]


def test_none_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    with serving({}) as endpoint:
        shop(tmp_path, endpoint)
        with pytest.raises(Exit):
            check(Context())

    assert capsys.readouterr().err == (
        "shop on staging: no snapshot is proven. take one: `inv backup`\n"
    )


@pytest.mark.parametrize("fresh", [True, False])
def test_as_json(tmp_path: Path, capsys: Capture, *, fresh: bool) -> None:
    with serving(snapshots(5 * HOUR)) as endpoint:
        shop(tmp_path, endpoint, "" if fresh else 'max_age = "1h"\n')
        if fresh:
            check(Context(), json=True)
        else:
            with pytest.raises(Exit):
                check(Context(), json=True)

    found = json.loads(capsys.readouterr().out)
    assert found.pop("age") in range(5 * HOUR, 5 * HOUR + 60)
    assert found == {
        "id": "s1",
        "level": 2,
        "max_age": 26 * HOUR if fresh else HOUR,
        "fresh": fresh,
    }


def test_a_backup_that_fails_is_told_and_ends_as_before(
    tmp_path: Path, capsys: Capture, listener: Listener
) -> None:
    shop(
        tmp_path,
        "http://s3.sandbox:4566",  # a sandbox that is not up: it fails before any connection
        f'notify = ["json://{listener.address}/n0tify"]\nping = "{listener.url}/p1ng"\n'
        'metrics = "slipway.prom"\n',
    )

    with pytest.raises(Exit) as ending:
        create(Context())

    said = capsys.readouterr()
    assert ending.value.code == 1
    assert said.err.count("\n") == 1
    assert [path.partition("?")[0] for path in listener.paths] == [
        "/p1ng/start",
        "/n0tify",
        "/p1ng/fail",
    ]
    assert listener.came[2][2] == said.err.rstrip()
    assert "last_run_success" in (tmp_path / "slipway.prom").read_text()
    assert "p1ng" not in said.err
    assert "n0tify" not in said.err


def test_a_key_for_the_home_folder_of_nobody(capsys: Capture) -> None:
    with pytest.raises(Exit):
        keygen(Context(), file="~nobody.here/key")

    assert capsys.readouterr().err.startswith("--file: '~nobody.here/key' begins with no home")
