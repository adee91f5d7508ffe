"""A web server that can fail in every way a release can fail. MODE says how."""

import json
import os
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MODE = os.environ.get("MODE", "")
VERSION = os.environ.get("VERSION", "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        host = self.headers.get("Host", "").partition(":")[0]
        if parts.path.endswith("/slow"):
            time.sleep(float(parse_qs(parts.query).get("seconds", ["5"])[0]))
        if MODE == "unhealthy" and parts.path == "/health":
            self.answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unhealthy"})
        elif MODE == "proxy" and host not in {"127.0.0.1", "localhost"}:
            self.answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"{host} is refused"})
        else:
            self.answer(HTTPStatus.OK, {"version": VERSION, "path": parts.path})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(HTTPStatus.OK, {"version": VERSION, "bytes": len(body)})

    def answer(self, status: HTTPStatus, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-App-Version", VERSION)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256


def main() -> None:
    if MODE == "boot":
        sys.exit("MODE=boot: no start today")
    if MODE == "later":
        threading.Timer(4, lambda: os._exit(3)).start()
    if MODE == "slowstart":
        time.sleep(6)
    Server(("", 8000), Handler).serve_forever()


main()
