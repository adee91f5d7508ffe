#!/usr/bin/env python3
"""Answers Ollama's API where Ollama itself cannot run, and says so. There is no model in it.

`ollama serve` serves; `ollama list` asks the server, and is the health check. A vector counts the
words of a text, so texts are near to each other as far as they share words; an "answer" quotes the
prompt. The same text gives the same vector, always and everywhere.
"""

import hashlib
import json
import math
import re
import signal
import sys
import threading
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 11434
VERSION = "stand-in"
MODELS = ("nomic-embed-text:latest", "llama3.2:1b")
DIMENSIONS = 768  # as nomic-embed-text
SHORT = 2  # letters of a word that says little: it, is, of
QUOTED = 600
NOTICE = "[This is a stand-in for Ollama: no model read this. It quotes what it was given.]"

Json = dict[str, Any]


def vector(text: str) -> list[float]:
    """Count words into hashed places, and bring the length to 1. The first place is never empty."""
    counts = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        if len(word) > SHORT:
            digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
            counts[1 + int.from_bytes(digest) % (DIMENSIONS - 1)] += 1
    if not any(counts):
        counts[0] = 1.0
    length = math.hypot(*counts)
    return [count / length for count in counts]


def embed(body: Json) -> Json:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    return {"model": body["model"], "embeddings": [vector(text) for text in texts]}


def generate(body: Json) -> Json:
    """Quote the lines that are a list, else the beginning of the prompt."""
    prompt = str(body.get("prompt", ""))
    listed = [line for line in prompt.splitlines() if line.startswith("- ")]
    quote = "\n".join(listed) or prompt
    return {
        "model": body["model"],
        "created_at": datetime.now(UTC).isoformat(),
        "response": f"{NOTICE}\n{quote[:QUOTED]}",
        "done": True,
        "done_reason": "stop",
    }


def tags() -> Json:
    return {"models": [{"name": name, "model": name, "size": 0} for name in MODELS]}


class Handler(BaseHTTPRequestHandler):
    """Ollama's paths, as far as an app needs them to embed and to generate."""

    protocol_version = "HTTP/1.1"
    timeout = 75  # of an idle connection

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(HTTPStatus.OK, NOTICE.encode(), "text/plain")
        elif self.path == "/api/version":
            self.answer_json(HTTPStatus.OK, {"version": VERSION})
        elif self.path == "/api/tags":
            self.answer_json(HTTPStatus.OK, tags())
        else:
            self.answer_json(HTTPStatus.NOT_FOUND, {"error": f"{NOTICE} It has no {self.path}."})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        work = {"/api/embed": embed, "/api/generate": generate}.get(self.path)
        if work is None:
            self.answer_json(HTTPStatus.NOT_FOUND, {"error": f"{NOTICE} It has no {self.path}."})
            return
        try:
            body = json.loads(raw)
            model = body["model"]
            if model not in MODELS and f"{model}:latest" not in MODELS:
                missing = {"error": f"model '{model}' not found"}
                self.answer_json(HTTPStatus.NOT_FOUND, missing)
                return
            answer = work(body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            wrong = {"error": f"the request is wrong: {type(error).__name__}: {error}"}
            self.answer_json(HTTPStatus.BAD_REQUEST, wrong)
            return
        # Ollama streams by default: one JSON a line. Here the first line is the last.
        streamed = work is generate and body.get("stream", True)
        self.answer_json(HTTPStatus.OK, answer, "application/x-ndjson" if streamed else None)

    def answer_json(self, status: HTTPStatus, body: Json, kind: str | None = None) -> None:
        self.answer(status, json.dumps(body).encode() + b"\n", kind or "application/json")

    def answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", _: int | str = "-") -> None:
        """Write a line of JSON, but none for the checks."""
        if self.path not in {"/", "/api/tags", "/api/version"}:
            entry = {"time": datetime.now(UTC).isoformat(), "path": self.path, "status": int(code)}
            print(json.dumps(entry), flush=True)

    def log_message(self, *_: object) -> None:
        """Say nothing of connections that were left."""


def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = ThreadingHTTPServer(("", port), Handler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)


def list_models(port: int) -> None:
    """Print the models of the server on this machine; fail where it does not answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/tags", timeout=2) as answer:
        for model in json.load(answer)["models"]:
            print(model["name"])


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else PORT  # noqa: PLR2004
    {"serve": serve, "list": list_models}[sys.argv[1]](port)
