"""A real HTTP server on this machine that remembers what it is sent, and answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Listener:
    """What came: method, path and body. `answers` are the next statuses; then it is 200."""

    url: str
    came: list[tuple[str, str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.came]


@contextmanager
def listening(*answers: int) -> Iterator[Listener]:
    """Yield what listens, until the end."""

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            listener.came.append(("POST", self.path, body))
            self.send_response(listener.answers.pop(0) if listener.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hears)
    listener = Listener(f"http://127.0.0.1:{server.server_address[1]}", answers=list(answers))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def nobody() -> Iterator[str]:
    """Yield a URL where nobody listens any more."""
    with listening() as gone:
        url = gone.url
    yield url
