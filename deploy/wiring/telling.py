"""From settings to those who are told of a backup. What goes wrong with that is a warning."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deploy.backup.telling import metrics
from deploy.backup.telling.notify import Channel
from deploy.backup.telling.ping import FAIL, START, SUCCESS, check_url, ping
from deploy.errors import Interrupted, SlipwayError
from deploy.wiring.app import App
from deploy.wiring.backup import backup_settings, standing

Warn = Callable[[str], None]
"""Where it is told, in one line, that somebody could not be told."""


@contextmanager
def told(app: App, warn: Warn) -> Iterator[None]:
    """Tell of a backup that it begins, and how it ends; what ends it goes on as it was.

    Raises `SettingsError` where a URL is wrong or not set, before anybody is told.
    """
    channels, pinged = _channels(app), _pinged(app, warn)
    try:
        pinged(START)
        yield
    except BaseException as error:
        line = _line(error)
        _notify(channels, f"{app.where}: the backup failed", line, warn)
        pinged(FAIL, line)
        measure(app, warn, ok=False)
        raise
    pinged(SUCCESS)
    measure(app, warn, ok=True)


@contextmanager
def notified(app: App, warn: Warn) -> Iterator[None]:
    """Notify of an error, which goes on as it was. Raises `SettingsError`, as `told` does."""
    channels = _channels(app)
    try:
        yield
    except SlipwayError as error:
        _notify(channels, f"{app.where}: no fresh backup", _line(error), warn)
        raise


def measure(app: App, warn: Warn, *, ok: bool) -> None:
    """Write the textfile of Prometheus, if there is to be one; how it stands, after a success."""
    telling = backup_settings(app).telling
    file = telling.metrics_file(app.project)
    if file is None:
        return
    run = metrics.Run(app.settings.app, app.environment.name, time.time(), ok)
    stands = None
    if ok:
        with _anyway(warn):
            stands = standing(app)
    with _anyway(warn):
        if not telling.on_server:
            metrics.write(file, metrics.render(run, stands, metrics.read(file)))
            return
        with app.reach() as target:
            there = metrics.Elsewhere(target.host, file)
            there.write(metrics.render(run, stands, there.read()))


def _channels(app: App) -> list[Channel]:
    addresses = backup_settings(app).telling.notify
    return [Channel(address.read(), address.place) for address in addresses]


def _notify(channels: Sequence[Channel], title: str, text: str, warn: Warn) -> None:
    for channel in channels:
        with _anyway(warn):
            channel.send(title, text)


def _pinged(app: App, warn: Warn) -> Callable[..., None]:
    """Return what pings with an ending and a text, or does nothing where nobody is to be pinged."""
    address = backup_settings(app).telling.ping
    if address is None:
        return lambda *_: None
    url, place = check_url(address.read(), address.place), address.place

    def pinged(ending: str, text: str = "") -> None:
        with _anyway(warn):
            ping(url, ending, text, place)

    return pinged


@contextmanager
def _anyway(warn: Warn) -> Iterator[None]:
    try:
        yield
    except SlipwayError as error:
        warn(str(error))


def _line(error: BaseException) -> str:
    """Return what is told of an error: its line, without its evidence."""
    if isinstance(error, KeyboardInterrupt):
        error = Interrupted()
    return str(error) if isinstance(error, SlipwayError) else f"it broke: {type(error).__name__}."
