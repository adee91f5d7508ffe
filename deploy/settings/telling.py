"""Who is told of backups, by [backup] of deploy.toml. URLs there are secrets: none is shown."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from deploy.backup.telling.notify import EXAMPLE
from deploy.backup.telling.ping import check_url
from deploy.errors import SettingsError
from deploy.host import Secret
from deploy.settings.table import Table

PROJECT = "{project}"
_ON_SERVER = "server:"
_FROM_ENVIRONMENT = "env:"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


@dataclass(frozen=True)
class Address:
    """A URL that is a secret: as it stands in deploy.toml, or in a `variable` of this machine."""

    place: str
    url: Secret | None
    variable: str = ""

    def read(self) -> Secret:
        """Return the URL. Raises `SettingsError` where the variable is not set."""
        url = self.url or Secret(os.environ.get(self.variable, "").strip())
        if not url.reveal():
            wrong = f"the variable {self.variable} is not set on this machine"
            raise SettingsError(self.place, wrong, f"export {self.variable} with the URL")
        return url


@dataclass(frozen=True)
class TellingSettings:
    """Who is told. `max_age` is in seconds; `metrics` a file, with `{project}` in it or not.

    The file lies on this machine, or `on_server`.
    """

    notify: tuple[Address, ...] = ()
    ping: Address | None = None
    max_age: float = 26 * 3600.0
    metrics: str = ""
    on_server: bool = False

    def metrics_file(self, project: str) -> Path | None:
        """Return the textfile of a Compose project; None where none is configured."""
        return Path(self.metrics.replace(PROJECT, project)) if self.metrics else None


def read_telling(table: Table, folder: Path) -> TellingSettings:
    """Return what `[backup]` says; `folder` is that of deploy.toml. Raises `SettingsError`."""
    return TellingSettings(
        notify=tuple(
            _notify(table, number, text)
            for number, text in enumerate(table.strings("notify", ()), 1)
        ),
        ping=_ping(table),
        max_age=table.duration("max_age", TellingSettings.max_age, least=1),
        metrics=_metrics(table, folder),
        on_server=table.string("metrics", "").startswith(_ON_SERVER),
    )


def _notify(table: Table, number: int, text: str) -> Address:
    address = _address(f"{_place(table, 'notify')}, number {number}", text)
    if address.url and not _URL.fullmatch(text):
        raise SettingsError(
            address.place,
            "it is no URL of Apprise",
            f'write "{EXAMPLE}", or "env:NAME" for the variable that holds it',
        )
    return address


def _ping(table: Table) -> Address | None:
    text = table.string("ping", "")
    if not text:
        return None
    address = _address(_place(table, "ping"), text)
    if address.url:
        check_url(address.url, address.place)
    return address


def _address(place: str, text: str) -> Address:
    if not text.startswith(_FROM_ENVIRONMENT):
        return Address(place, Secret(text))
    variable = text.removeprefix(_FROM_ENVIRONMENT)
    if not _VARIABLE.fullmatch(variable):
        raise SettingsError(place, "what follows env: is no variable", 'write "env:SLACK_URL"')
    return Address(place, None, variable)


def _metrics(table: Table, folder: Path) -> str:
    text = table.string("metrics", "")
    if not text:
        return ""
    if not text.endswith(".prom"):
        remedy = "end it in .prom: node_exporter reads no other files"
        raise table.error("metrics", f"{text!r} is no textfile of Prometheus", remedy)
    if re.search(r"[{}]", text.replace(PROJECT, "")):
        remedy = f"write {PROJECT} for APP-ENVIRONMENT, and no other braces"
        raise table.error("metrics", f"{text!r} has a placeholder that is unknown", remedy)
    if not text.startswith(_ON_SERVER):
        return str(folder / text)
    path = text.removeprefix(_ON_SERVER)
    if not path.startswith("/"):
        remedy = f'write "{_ON_SERVER}/var/lib/node_exporter/{PROJECT}.prom"'
        raise table.error("metrics", f"{path!r} is no whole path on the server", remedy)
    return path


def _place(table: Table, key: str) -> str:
    return table.error(key, "", "").place
