"""A web server that can fail in every way a release can fail. MODE says how."""

import base64
import hashlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MODE = os.environ.get("MODE", "")
VERSION = os.environ.get("VERSION", "")
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, CLOSE = 0x81, 0x88  # first bytes of a whole frame
NORMAL, RESTART = 1000, 1012  # close codes
TICK = 0.2  # seconds between the messages of a stream

stopping = threading.Event()
under_way: set[int] = set()  # threads that answer a request


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        under_way.add(threading.get_ident())
        try:
            self.get()
        finally:
            under_way.discard(threading.get_ident())

    def get(self) -> None:
        parts = urlsplit(self.path)
        host = self.headers.get("Host", "").partition(":")[0]
        seconds = float(parse_qs(parts.query).get("seconds", ["5"])[0])
        if parts.path.endswith("/ws"):
            self.websocket(seconds)
            return
        if parts.path.endswith("/events"):
            self.events(seconds)
            return
        if parts.path == "/crash" and host == "127.0.0.1":
            os._exit(3)
        if parts.path.endswith("/slow"):
            time.sleep(seconds)
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

    def events(self, seconds: float) -> None:
        """Server-sent events, in chunks: one that is cut has no last chunk."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-App-Version", VERSION)
        self.end_headers()
        for message in messages(seconds):
            event = b"data: %s\n\n" % message
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    def websocket(self, seconds: float) -> None:
        """Text messages, then a close frame: one that is cut has none."""
        key = self.headers.get("Sec-WebSocket-Key", "") + WEBSOCKET_GUID
        self.send_response(HTTPStatus.SWITCHING_PROTOCOLS)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())  # noqa: S324 - the protocol's
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        self.close_connection = True
        for message in messages(seconds):
            self.wfile.write(bytes([TEXT, len(message)]) + message)
        code = RESTART if stopping.is_set() else NORMAL
        self.wfile.write(bytes([CLOSE, 2]) + code.to_bytes(2, "big"))
        self.connection.settimeout(2)
        self.rfile.read()  # the client's own close frame, and its end

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        pass


def messages(seconds: float) -> Iterator[bytes]:
    """Yield the version now and then, until it has been long enough or the server stops."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopping.is_set():
        yield VERSION.encode()
        stopping.wait(TICK)


class Server(ThreadingHTTPServer):
    request_queue_size = 256


def stop(*_: object) -> None:
    """End the streams, let what is under way finish, and exit."""
    stopping.set()
    threading.Thread(target=leave).start()


def leave() -> None:
    while under_way:
        time.sleep(0.05)
    os._exit(0)


def count_starts() -> int:
    """Return how many of this version have started, this one included: the store counts."""
    with socket.create_connection(("store", 6379), timeout=5) as store:
        store.sendall(f"INCR {VERSION}\r\n".encode())
        return int(store.recv(64).strip(b":\r\n"))


def main() -> None:
    if MODE == "boot":
        sys.exit("MODE=boot: no start today")
    if MODE == "leak":
        sys.exit(f"MODE=leak: the password is {os.environ.get('SECRET')}")
    if MODE == "half" and count_starts() % 2 == 0:
        sys.exit("MODE=half: every second one does not start")
    if MODE == "slowstart":
        time.sleep(6)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if MODE == "deaf" else stop)
    Server(("", 8000), Handler).serve_forever()


main()
