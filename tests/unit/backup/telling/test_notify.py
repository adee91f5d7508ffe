"""Notifications by Apprise itself, to a real HTTP server; its URL is never shown."""

import json
import logging

import pytest
from backup.telling.listener import listening, nobody

from deploy.backup.telling.notify import Channel
from deploy.errors import NotTold, SettingsError
from deploy.host import Secret

PLACE = "deploy.toml:6: backup.notify, number 1"
Capture = pytest.CaptureFixture[str]


def test_a_message_arrives() -> None:
    with listening() as listener:
        channel = Channel(Secret(f"json://{listener.address}/t0ken"), PLACE)
        channel.send("shop on production: the backup failed", "db: it is gone. <start> *it*")

    ((_, path, body),) = listener.came
    said = json.loads(body)
    assert path.startswith("/t0ken")
    assert said["title"] == "shop on production: the backup failed"
    assert said["message"] == "db: it is gone. <start> *it*"
    assert said["type"] == "failure"


def test_a_message_that_is_not_taken_is_said_without_the_url(
    capfd: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with listening(500) as listener, pytest.raises(NotTold) as error:
        Channel(Secret(f"json://{listener.address}/t0ken"), PLACE).send("a", "b")

    shown = capfd.readouterr()
    assert str(error.value).startswith(f"{PLACE}: the notification was not taken.")
    assert "t0ken" not in str(error.value) + caplog.text + shown.out + shown.err


def test_nobody_there() -> None:
    with nobody() as url, pytest.raises(NotTold, match="the notification was not taken"):
        Channel(Secret(url.replace("http", "json")), PLACE).send("a", "b")


@pytest.mark.parametrize("url", ["slakc://t0ken/b/c", "slack://t0ken", "t0ken", "json://", "://"])
def test_what_apprise_does_not_understand_is_refused_and_not_shown(
    url: str, capfd: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingsError) as error:
        Channel(Secret(url), PLACE)

    shown = capfd.readouterr()
    assert str(error.value).startswith(f"{PLACE}: it is no URL that Apprise understands. write it")
    assert "t0ken" not in str(error.value) + caplog.text + shown.out + shown.err


def test_others_may_log_again_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SettingsError):
        Channel(Secret("slakc://"), PLACE)

    logging.getLogger("other").warning("heard")

    assert "heard" in caplog.text
