"""A guest book: says who was here, and takes down who is."""

import json
import os
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path("/pages/guests.txt")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with socket.create_connection(("db", 5432), timeout=5):
            guests = PAGE.read_text().splitlines() if PAGE.exists() else []
        signed = bool(os.environ.get("SECRET_KEY"))
        self.answer({"guests": len(guests), "signed": signed, "mode": os.environ.get("MODE")})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        with PAGE.open("a") as page:
            page.write(json.dumps(self.rfile.read(length).decode()) + "\n")
        self.answer({"thanks": True})

    def answer(self, body: dict[str, object]) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    time.sleep(3)  # what a framework takes to be imported
    ThreadingHTTPServer(("0.0.0.0", 3000), Handler).serve_forever()  # noqa: S104 - in a container
