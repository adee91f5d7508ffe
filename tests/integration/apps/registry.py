"""A registry with faults: it passes on what another one answers, unless FAULT names one.

Run in a container, with the other registry's address in BEHIND; the file FAULT is read each time.
"""

import json
import os
import time
import urllib.error
import urllib.request
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BEHIND = os.environ["BEHIND"]
FAULT = Path("/srv/fault")
FOR_EVER = 3600.0  # seconds
DRIP = 512  # bytes a second
PASSED_ON = ("Content-Type", "Content-Length", "Docker-Content-Digest", "Etag")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fault = FAULT.read_text().strip()
        if fault == "busy":
            self.refuse(HTTPStatus.TOO_MANY_REQUESTS, "TOOMANYREQUESTS", "slow down")
        elif fault == "gone" and "/manifests/" in self.path:
            self.refuse(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown")
        elif fault in {"partial", "gone"} and "/blobs/" in self.path:
            self.refuse(HTTPStatus.NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry")
        elif fault == "stalled" and "/manifests/" in self.path:
            time.sleep(FOR_EVER)
        else:
            self.pass_on(slowly=fault == "slow")

    do_HEAD = do_GET  # noqa: N815 - the base's name

    def refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.answer(status, {"Content-Type": "application/json", "Content-Length": len(body)})
        self.write(body)

    def pass_on(self, *, slowly: bool) -> None:
        wanted = {"Accept": ", ".join(self.headers.get_all("Accept", []))}
        request = urllib.request.Request(
            f"http://{BEHIND}{self.path}", headers=wanted, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                status, headers, body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, body = error.code, error.headers, error.read()
        self.answer(status, known(headers))
        while slowly and body:
            self.write(body[:DRIP])
            body = body[DRIP:]
            time.sleep(1)
        self.write(body)

    def answer(self, status: int, headers: dict[str, object]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def write(self, body: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(body)


def known(headers: Message) -> dict[str, object]:
    return {name: headers[name] for name in PASSED_ON if headers[name]}


ThreadingHTTPServer(("", 80), Handler).serve_forever()
