"""A door before the sandbox's S3, which can behave as worse providers do."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Door:
    """What it does to requests and answers; as it is made, it passes everything on."""

    behind: str
    """The S3 API, as HOST:PORT."""
    address: str = ""
    refuses: tuple[int, str] | None = None
    """Answers with this status and this code of S3's."""
    refused: str = ""
    """The one method that is refused; empty means all."""
    ignores: set[str] = field(default_factory=set)
    """Headers of requests, in lower case, that go no further."""
    loses: int = 0
    """So many requests are done, but answered with a 500."""
    damages: tuple[bytes, bytes] = (b"", b"")
    """What stands in the body of every request, and what goes on instead."""
    replaces: tuple[bytes, bytes] = (b"", b"")
    """What stands in the body of every answer, and what stands there instead."""
    asked: int = 0


class _Handler(BaseHTTPRequestHandler):
    door: Door
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        door = self.door
        door.asked += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if door.refuses and door.refused in {"", self.command}:
            self._refuse(*door.refuses)
            return
        status, headers, answer = self._pass_on(body.replace(*door.damages))
        if door.loses:
            door.loses -= 1
            self._refuse(500, "InternalError")
        else:
            self._answer(status, headers, answer.replace(*door.replaces))

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - http.server looks for these names

    def _pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in self.door.ignores}
        connection = http.client.HTTPConnection(self.door.behind, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _refuse(self, status: int, code: str) -> None:
        words = f"<Error><Code>{code}</Code><Message>as the door says</Message></Error>"
        self._answer(status, [("Content-Type", "application/xml")], words.encode())

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def open_door(behind: str) -> Iterator[Door]:
    door = Door(behind.removeprefix("http://"))
    handler = type("Handler", (_Handler,), {"door": door})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        door.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield door
        finally:
            server.shutdown()
            thread.join()
