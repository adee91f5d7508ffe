"""Who is told of backups, in deploy.toml: every wrong value has its line, and no URL is shown."""

from pathlib import Path

import pytest

from deploy.backup.keys import generate
from deploy.errors import SettingsError
from deploy.settings import load
from deploy.settings.telling import TellingSettings

HEAD = (
    '[environments.staging]\nhosts = ["a"]\n[backup]\nstore = "s3://bucket"\n'
    f'encrypt = ["{generate().public}"]\n'
)
SECRET = "t0ken"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "compose.yaml").write_text("services: {}\n")
    return folder


def read(folder: Path, line: str) -> TellingSettings:
    (folder / "deploy.toml").write_text(f"{HEAD}{line}\n")
    found = load(folder).backup
    assert found
    return found.telling


def refusal(folder: Path, line: str) -> str:
    with pytest.raises(SettingsError) as error:
        read(folder, line)
    return str(error.value).removeprefix(f"{folder}/")


def test_what_need_not_be_said(folder: Path) -> None:
    found = read(folder, "")

    assert found == TellingSettings()
    assert (found.notify, found.ping, found.max_age) == ((), None, 26 * 3600)
    assert found.metrics_file("shop-staging") is None


def test_urls_as_they_stand_there(folder: Path) -> None:
    found = read(folder, f'notify = ["slack://{SECRET}/b/c"]\nping = "https://hc.test/{SECRET}"')

    assert [one.read().reveal() for one in found.notify] == [f"slack://{SECRET}/b/c"]
    assert found.ping
    assert found.ping.read().reveal() == f"https://hc.test/{SECRET}"
    assert SECRET not in repr(found)


def test_urls_of_the_environment_are_read_when_they_are_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_URL", raising=False)
    found = read(folder, 'notify = ["json://a", "env:SLACK_URL"]\nping = "env:PING_URL"')

    with pytest.raises(SettingsError) as error:
        found.notify[1].read()
    monkeypatch.setenv("SLACK_URL", f" slack://{SECRET}/b/c\n")

    assert str(error.value).removeprefix(f"{folder}/") == (
        "deploy.toml:6: backup.notify, number 2: the variable SLACK_URL is not set on this"
        " machine. export SLACK_URL with the URL."
    )
    assert found.notify[1].read().reveal() == f"slack://{SECRET}/b/c"


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("/var/lib/node/slipway.prom", "/var/lib/node/slipway.prom"),
        ("/var/lib/node/{project}.prom", "/var/lib/node/shop-staging.prom"),
    ],
)
def test_a_textfile_for_all_or_one_for_each(folder: Path, text: str, file: str) -> None:
    assert read(folder, f'metrics = "{text}"').metrics_file("shop-staging") == Path(file)


def test_a_textfile_may_lie_beside_deploy_toml(folder: Path) -> None:
    found = read(folder, 'metrics = "slipway.prom"').metrics_file("shop-staging")

    assert found == folder / "slipway.prom"


def test_a_textfile_may_lie_on_the_server(folder: Path) -> None:
    found = read(folder, 'metrics = "server:/srv/{project}.prom"')

    assert found.on_server
    assert found.metrics_file("shop-staging") == Path("/srv/shop-staging.prom")
    assert not read(folder, 'metrics = "/srv/slipway.prom"').on_server


def test_how_old_it_may_be(folder: Path) -> None:
    assert read(folder, 'max_age = "2d"').max_age == 2 * 86400


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('notify = "json://a"', "deploy.toml:6: backup.notify: a list of strings"),
        ("notify = [1]", "deploy.toml:6: backup.notify: it holds something that is not a string."),
        (
            f'notify = ["json://a", "{SECRET}"]',
            "deploy.toml:6: backup.notify, number 2: it is no URL of Apprise. write ",
        ),
        (
            f'notify = ["env:{SECRET} b"]',
            "deploy.toml:6: backup.notify, number 1: what follows env: is no variable. write ",
        ),
        (f'ping = "{SECRET}"', "deploy.toml:6: backup.ping: it is no URL. write "),
        (f'ping = "ftp://hc.test/{SECRET}"', "deploy.toml:6: backup.ping: it is no URL. write "),
        ('ping = "env:"', "deploy.toml:6: backup.ping: what follows env: is no variable."),
        ("ping = 1", "deploy.toml:6: backup.ping: a string is wanted, not a number."),
        ('max_age = "a day"', "deploy.toml:6: backup.max_age: 'a day' is no length of time."),
        ('max_age = "0s"', "deploy.toml:6: backup.max_age: '0s' is too short."),
        (
            'metrics = "/var/lib/slipway.txt"',
            "deploy.toml:6: backup.metrics: '/var/lib/slipway.txt' is no textfile of Prometheus.",
        ),
        (
            'metrics = "/var/lib/{app}.prom"',
            "deploy.toml:6: backup.metrics: '/var/lib/{app}.prom' has a placeholder that is unkn",
        ),
        (
            'metrics = "server:slipway.prom"',
            "deploy.toml:6: backup.metrics: 'slipway.prom' is no whole path on the server.",
        ),
        ('notfy = ["a"]', "deploy.toml:6: backup.notfy: the key is unknown. did you mean 'notify'"),
    ],
)
def test_an_error_names_line_key_and_remedy_and_shows_no_secret(
    folder: Path, line: str, message: str
) -> None:
    found = refusal(folder, line)

    assert found.startswith(message)
    assert SECRET not in found
