"""Load that never retries: every request that does not end well counts as failed.

Run as a process of its own (`python -m deploy.sandbox.load`), so that it does not share an
interpreter with what it measures. For each line on its standard input it prints, as one JSON
document on a line, what came of the requests so far: sent, failed, the failures by reason, versions
seen. It ends when its standard input ends, after the requests that are under way, with a last one.
"""

import argparse
import collections
import http
import http.client
import json
import select
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

VERSION_HEADER = "X-App-Version"
_TIMEOUT = 30.0
_ECHO = json.dumps({"ping": 1}).encode()


@dataclass(frozen=True)
class Shape:
    """One kind of request: `workers` threads send it, `pause` seconds apart."""

    name: str
    method: str
    path: str
    keep_alive: bool
    workers: int
    pause: float
    body: bytes = b""


def shapes(prefix: str) -> tuple[Shape, ...]:
    """Return every kind of request, to the probes of an example app whose API is at `prefix`."""
    version, echo, slow = (f"{prefix}/{name}" for name in ("version", "echo", "slow?seconds=5"))
    return (
        Shape("GET, keep-alive", "GET", version, keep_alive=True, workers=2, pause=0.02),
        Shape("GET, new connection", "GET", version, keep_alive=False, workers=2, pause=0.02),
        Shape("GET, page", "GET", "/", keep_alive=True, workers=1, pause=0.05),
        Shape("POST, keep-alive", "POST", echo, keep_alive=True, workers=1, pause=0.03, body=_ECHO),
        Shape(
            "POST, new connection",
            "POST",
            echo,
            keep_alive=False,
            workers=1,
            pause=0.03,
            body=_ECHO,
        ),
        Shape("GET, 5 seconds", "GET", slow, keep_alive=True, workers=4, pause=0.2),
    )


SHAPES = shapes("/api/v1")


@dataclass
class Tally:
    """What came of the requests; shared by all workers."""

    sent: collections.Counter[str] = field(default_factory=collections.Counter)
    failures: list[dict[str, object]] = field(default_factory=list)
    versions: collections.Counter[str] = field(default_factory=collections.Counter)
    order: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def good(self, shape: str, version: str) -> None:
        """Count an answer."""
        with self.lock:
            self.sent[shape] += 1
            self.versions[version] += 1
            if version and (not self.order or self.order[-1] != version):
                self.order.append(version)

    def bad(self, shape: str, begun: float, why: str) -> None:
        """Count a failure of a request that was `begun` at that time."""
        with self.lock:
            self.sent[shape] += 1
            self.failures.append({"begun": begun, "at": time.time(), "shape": shape, "why": why})

    def summary(self) -> dict[str, object]:
        """Return everything as one document."""
        with self.lock:
            return {
                "sent": sum(self.sent.values()),
                "failed": len(self.failures),
                "shapes": dict(self.sent),
                "failures": list(self.failures),
                "versions": dict(self.versions),
                "order": self.order[:50],
            }


@dataclass
class Load:
    """Workers that send until `stop` is called. `host` is the name asked for, at `address`."""

    address: str
    port: int
    host: str
    shapes: tuple[Shape, ...] = SHAPES
    tls: bool = True
    tally: Tally = field(default_factory=Tally)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start all workers."""
        for shape in self.shapes:
            for _ in range(shape.workers):
                self.begin(self._work, shape)

    def begin(self, work: Callable[..., None], *arguments: object) -> None:
        """Start one worker."""
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        self.threads.append(thread)

    def stop(self) -> None:
        """Let the requests under way finish, and end."""
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _work(self, shape: Shape) -> None:
        connection = self.connect()  # a closed one opens anew with its next request
        while not self.over.is_set():
            if _was_closed(connection):
                connection.close()
            begun = time.time()
            try:
                status, version = self._ask(connection, shape)
            except (OSError, http.client.HTTPException) as error:
                self.tally.bad(shape.name, begun, f"{type(error).__name__}: {error}")
                connection.close()
            else:
                if status == http.HTTPStatus.OK:
                    self.tally.good(shape.name, version)
                else:
                    self.tally.bad(shape.name, begun, f"status {status}")
            if not shape.keep_alive:
                connection.close()
            self.over.wait(shape.pause)
        connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection, not opened yet."""
        if not self.tls:
            return http.client.HTTPConnection(self.address, self.port, timeout=_TIMEOUT)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the sandbox's certificate is self-signed
        return http.client.HTTPSConnection(
            self.address, self.port, timeout=_TIMEOUT, context=context
        )

    def _ask(self, connection: http.client.HTTPConnection, shape: Shape) -> tuple[int, str]:
        headers = {"Host": self.host, "Content-Type": "application/json"}
        connection.request(shape.method, shape.path, shape.body or None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader(VERSION_HEADER) or ""


def _was_closed(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed it, or is about to, while nothing was asked.

    nginx may do so (RFC 9112, 9.5), and browsers, curl and Go look before they send once more.
    """
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


@dataclass
class LoadProcess:
    """Load in a process of its own; `stop` lets it finish and returns its summary."""

    process: "subprocess.Popen[str]"

    @classmethod
    def start(cls, port: int, host: str) -> "LoadProcess":
        """Start to ask for `host` at `port` on this machine."""
        return cls.of([sys.executable, "-m", "deploy.sandbox.load", str(port), host])

    @classmethod
    def of(cls, argv: Sequence[str]) -> Self:
        """Start `argv`, which calls `serve`."""
        pipe = subprocess.PIPE
        return cls(subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True))

    def so_far(self) -> dict[str, Any]:
        """Return what came of it so far."""
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError("it was not started with pipes")
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        summary: dict[str, Any] = json.loads(self.process.stdout.readline())
        return summary

    def stop(self) -> dict[str, Any]:
        """End the load; return what came of it."""
        out, _ = self.process.communicate(timeout=2 * _TIMEOUT)
        summary: dict[str, Any] = json.loads(out)
        return summary

    def discard(self) -> None:
        """End it without asking what came of it; harmless after `stop`."""
        self.process.kill()
        self.process.communicate()


def serve(load: Load) -> None:
    """Send, answer each line on standard input with a summary, and end when it ends."""
    load.start()
    for _ in sys.stdin:
        print(json.dumps(load.tally.summary()), flush=True)
    load.stop()
    print(json.dumps(load.tally.summary()))


def main() -> None:
    """Send until standard input ends, then print the summary."""
    parser = argparse.ArgumentParser(description="Load on a sandbox server, on loopback only.")
    parser.add_argument("port", type=int, help="the server's HTTPS port on this machine")
    parser.add_argument("host", help="the name to ask for, such as staging.sandbox")
    parser.add_argument("--address", default="127.0.0.1", help="where the server is")
    parser.add_argument("--prefix", default="/api/v1", help="where the app's API is")
    flags = parser.parse_args()
    serve(Load(flags.address, flags.port, flags.host, shapes(flags.prefix)))


if __name__ == "__main__":
    main()
