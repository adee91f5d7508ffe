"""Not Grafana: a stand-in that reads Grafana's provisioning files and says what is in them.

`/api/health` says what this is. A file that Grafana would refuse ends it with exit code 1. All else
wants the user `admin` and the password of GF_SECURITY_ADMIN_PASSWORD(__FILE), as Grafana does.
"""

import base64
import hmac
import json
import os
import sys
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import yaml

PORT = 3000
VERSION = "0.0.0-stand-in"
HEALTH = {"database": "ok", "version": VERSION, "commit": "a stand-in of the sandbox, not Grafana"}


class BrokenError(Exception):
    """A provisioning file that Grafana would not take."""


def mapping(path: Path, found: object, *keys: str) -> dict[str, Any]:
    """Return `found`, which must be a mapping with a value for each of `keys`."""
    if not isinstance(found, dict):
        raise BrokenError(f"{path}: a mapping is wanted, not {found!r}")
    for key in keys:
        if not found.get(key) and found.get(key) != 0:
            raise BrokenError(f"{path}: {key} is missing in {found!r}")
    return found


def documents(folder: Path, key: str) -> list[tuple[Path, object]]:
    """Return the entries below `key` of each YAML file in a folder."""
    entries = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            text = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, OSError) as error:
            raise BrokenError(f"{path}: {error}") from None
        found = mapping(path, text, "apiVersion", key)[key]
        if not isinstance(found, list):
            raise BrokenError(f"{path}: {key} is no list")
        entries += [(path, each) for each in found]
    return entries


def read_sources(folder: Path) -> list[dict[str, Any]]:
    """Return the data sources."""
    found = documents(folder / "datasources", "datasources")
    return [mapping(path, each, "name", "type", "access", "url") for path, each in found]


def read_dashboards(folder: Path, sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the dashboards of all providers; each panel must name a data source that is there."""
    known = {source.get("uid") for source in sources}
    dashboards = []
    for path, each in documents(folder / "dashboards", "providers"):
        place = mapping(path, each, "name", "options")["options"].get("path", "")
        files = sorted(Path(place).glob("**/*.json"))
        if not files:
            raise BrokenError(f"{path}: there is no dashboard in {place!r}")
        dashboards += [read_dashboard(file, known) for file in files]
    return dashboards


def read_dashboard(file: Path, known: set[str | None]) -> dict[str, Any]:
    """Return a dashboard."""
    try:
        board = mapping(
            file, json.loads(file.read_text(encoding="utf-8")), "uid", "title", "panels"
        )
    except (ValueError, OSError) as error:
        raise BrokenError(f"{file}: {error}") from None
    for each in board["panels"]:
        panel = mapping(file, each, "type", "title", "gridPos", "targets", "datasource")
        if panel["datasource"].get("uid") not in known:
            raise BrokenError(f"{file}: {panel['title']} has an unknown data source")
    return board


def pages_of(folder: Path) -> dict[str, object]:
    """Return what is answered, by path. Raises `BrokenError`."""
    sources = read_sources(folder)
    dashboards = read_dashboards(folder, sources)
    found = [{"uid": board["uid"], "title": board["title"]} for board in dashboards]
    pages: dict[str, object] = {"/api/datasources": sources, "/api/search": found}
    for board in dashboards:
        pages[f"/api/dashboards/uid/{board['uid']}"] = {"dashboard": board}
    for source in sources:
        pages[f"/api/datasources/uid/{source.get('uid')}/health"] = Asked(source["url"])
    return pages


@dataclass(frozen=True)
class Asked:
    """The health of a data source: whether a Prometheus answers there now."""

    url: str

    def answer(self) -> tuple[int, object]:
        """Return status and body."""
        try:
            address = f"{self.url}/api/v1/query?query=1"
            with urllib.request.urlopen(address, timeout=5) as reply:  # noqa: S310 - our own file
                json.load(reply)
        except (OSError, ValueError) as error:
            return HTTPStatus.BAD_REQUEST, {"status": "ERROR", "message": str(error)}
        return HTTPStatus.OK, {"status": "OK"}


def login() -> str:
    """Return the header of the administrator."""
    file = os.environ.get("GF_SECURITY_ADMIN_PASSWORD__FILE")
    password = os.environ.get("GF_SECURITY_ADMIN_PASSWORD", "admin")
    if file:
        password = Path(file).read_text(encoding="utf-8").strip()
    return "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    pages: ClassVar[dict[str, object]] = {}
    wanted: ClassVar[str] = ""

    def do_GET(self) -> None:
        """Answer a request."""
        path = self.path.partition("?")[0]
        page = self.pages.get(path)
        if path == "/api/health":
            self._send(HTTPStatus.OK, HEALTH)
        elif not hmac.compare_digest(self.headers.get("Authorization", ""), self.wanted):
            self._send(HTTPStatus.UNAUTHORIZED, {"message": "Unauthorized"})
        elif page is None:
            self._send(HTTPStatus.NOT_FOUND, {"message": "the stand-in does not know this"})
        else:
            self._send(*(page.answer() if isinstance(page, Asked) else (HTTPStatus.OK, page)))

    def _send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Read, then serve."""
    try:
        Handler.pages = pages_of(Path(os.environ["GF_PATHS_PROVISIONING"]))
    except BrokenError as error:
        sys.exit(f"refused, as Grafana would: {error}")
    Handler.wanted = login()
    print(f"a stand-in for Grafana, with {len(Handler.pages)} pages", flush=True)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
