"""A backup is told of: how it begins and ends, to whom, and that none of it can end it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from backup.bucket import objects_of, serving, shop
from backup.memory import PROJECT, Memory, snapshot_of
from backup.telling.listener import Listener, listening

from deploy.backup import keys
from deploy.backup.catalog import STRUCTURE, Catalog, Proof
from deploy.errors import SettingsError, SourceFailed, TooOld
from deploy.wiring import App
from deploy.wiring.telling import measure, notified, told

BROKEN = SourceFailed("services.db", "it does not run", "start it", detail="evidence")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ann")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Give a bucket with one proven snapshot."""
    store, key = Memory(), keys.generate()
    catalog = Catalog(store, PROJECT)
    catalog.add(snapshot_of("s1", begun=1000.0, key=key), key.secret)
    catalog.prove("s1", Proof(STRUCTURE, 100))
    with serving(objects_of(store)) as url:
        yield url


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def app(tmp_path: Path, endpoint: str, listener: Listener) -> App:
    """Give an app that tells everybody."""
    return shop(
        tmp_path,
        endpoint,
        f'notify = ["json://{listener.address}/n0tify"]\nping = "{listener.url}/p1ng"\n'
        'metrics = "{project}.prom"\n',
    )


def textfile(app: App) -> str:
    return (app.settings.folder / "shop-staging.prom").read_text()


def test_a_success_is_pinged_and_measured(
    app: App, listener: Listener, warnings: list[str]
) -> None:
    with told(app, warnings.append):
        assert listener.paths == ["/p1ng/start"]

    assert listener.paths == ["/p1ng/start", "/p1ng"]
    assert 'newest_proven_level{app="shop",environment="staging"} 2' in textfile(app)
    assert 'last_run_success{app="shop",environment="staging"} 1' in textfile(app)
    assert warnings == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BROKEN, "services.db: it does not run. start it."),
        (
            KeyboardInterrupt(),
            "interrupted: it was stopped by a signal. run it again when ready.",
        ),
        (AssertionError("hush"), "it broke: AssertionError."),
    ],
)
def test_a_failure_is_told_to_all_and_goes_on_as_it_was(
    app: App, listener: Listener, warnings: list[str], error: BaseException, said: str
) -> None:
    measure(app, warnings.append, ok=True)

    with pytest.raises(type(error)) as raised, told(app, warnings.append):
        raise error

    assert raised.value is error
    (start, notice, fail) = listener.came
    assert start[1] == "/p1ng/start"
    assert notice[1].startswith("/n0tify")
    assert json.loads(notice[2])["title"] == "shop on staging: the backup failed"
    assert json.loads(notice[2])["message"] == said
    assert fail == ("POST", "/p1ng/fail", said)
    assert 'last_run_success{app="shop",environment="staging"} 0' in textfile(app)
    assert 'newest_proven_level{app="shop",environment="staging"} 2' in textfile(app)
    assert warnings == []


def test_who_cannot_be_told_costs_a_line_without_a_url_and_hides_no_error(
    app: App, listener: Listener, warnings: list[str]
) -> None:
    listener.answers += [500] * 4

    with pytest.raises(SourceFailed), told(app, warnings.append):
        raise BROKEN

    place = app.settings.folder / "deploy.toml"
    assert [line.partition(". ")[0] for line in warnings] == [
        f"{place}:10: backup.ping: it answers 500, 3 times",
        f"{place}:9: backup.notify, number 1: the notification was not taken",
    ]
    assert not any(secret in "".join(warnings) for secret in ("n0tify", "p1ng", listener.address))


def test_a_textfile_that_cannot_be_written_is_a_warning(
    tmp_path: Path, endpoint: str, warnings: list[str]
) -> None:
    app = shop(tmp_path, endpoint, 'metrics = "gone/slipway.prom"\n')

    with told(app, warnings.append):
        pass

    assert len(warnings) == 1
    assert "gone/slipway.prom: it cannot be written: No such file or directory." in warnings[0]


def test_the_textfile_may_lie_on_the_server(
    tmp_path: Path, endpoint: str, warnings: list[str]
) -> None:
    app = shop(tmp_path, endpoint, f'metrics = "server:{tmp_path}/node/{{project}}.prom"\n')

    with told(app, warnings.append):
        pass
    with pytest.raises(SourceFailed), told(app, warnings.append):
        raise BROKEN

    text = (tmp_path / "node" / "shop-staging.prom").read_text()
    assert 'last_run_success{app="shop",environment="staging"} 0' in text
    assert 'newest_proven_level{app="shop",environment="staging"} 2' in text
    assert warnings == []


def test_a_store_that_does_not_say_how_it_stands_is_a_warning(
    tmp_path: Path, warnings: list[str]
) -> None:
    with serving({f"{PROJECT}/s1/manifest.json": b"", f"{PROJECT}/s1/proof-2-1-1": b""}) as url:
        app = shop(tmp_path, url.replace("http://", "ftp://"), 'metrics = "{project}.prom"\n')
        measure(app, warnings.append, ok=True)

    assert len(warnings) == 1
    assert 'last_run_success{app="shop",environment="staging"} 1' in textfile(app)


def test_where_nobody_is_named_nobody_is_told(
    tmp_path: Path, endpoint: str, warnings: list[str]
) -> None:
    with told(shop(tmp_path, endpoint), warnings.append):
        pass

    assert warnings == []
    assert {file.name for file in tmp_path.iterdir()} == {"compose.yaml", "deploy.toml"}


@pytest.mark.parametrize("key", ['notify = ["env:SHOP_URL"]\n', 'ping = "env:SHOP_URL"\n'])
@pytest.mark.parametrize("url", ["", "t0ken"])
def test_a_url_that_is_not_set_or_wrong_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, url: str
) -> None:
    monkeypatch.setenv("SHOP_URL", url)
    app = shop(tmp_path, "", key)

    with pytest.raises(SettingsError) as error, told(app, pytest.fail):
        pytest.fail("it began")

    assert "deploy.toml:9: backup." in str(error.value)
    assert "t0ken" not in str(error.value)


def test_a_check_that_fails_is_a_notification_and_no_ping(
    app: App, listener: Listener, warnings: list[str]
) -> None:
    with pytest.raises(TooOld), notified(app, warnings.append):
        raise TooOld("shop on staging", "no snapshot is proven")

    ((_, path, body),) = listener.came
    assert path.startswith("/n0tify")
    assert json.loads(body)["title"] == "shop on staging: no fresh backup"
    assert json.loads(body)["message"] == "shop on staging: no snapshot is proven."
