"""The process as Docker runs it: started, asked over the network, stopped by a signal."""

import gzip
import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import BACKEND, on_the_server, wait_until
from ports import free_port

SERVE = "from app.serve import serve; serve({port})"
DEADLINE = 20
NOBODY = "127.0.0.1:9"


class Served:
    """A running process of the app."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.port = free_port()
        command = [sys.executable, "-c", SERVE.format(port=self.port)]
        self.process = subprocess.Popen(
            command, cwd=BACKEND, env=environment, stdout=subprocess.PIPE, text=True
        )

    def ask(self, path: str) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def listens(self) -> bool:
        try:
            return bool(self.ask("/api/v1/version"))
        except OSError:
            return False

    def check(self, *arguments: str) -> tuple[int, dict[str, str]]:
        """Run the health check as Docker does."""
        command = [sys.executable, "-m", "app.health_check", "--port", str(self.port), *arguments]
        ended = subprocess.run(
            command, cwd=BACKEND, env=self.environment, capture_output=True, text=True, check=False
        )
        return ended.returncode, json.loads(ended.stdout)


@contextmanager
def served(environment: dict[str, str]) -> Iterator[Served]:
    server = Served(environment)
    try:
        wait_until(server.listens)
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


@pytest.fixture
def server(migrated: dict[str, str]) -> Iterator[Served]:
    with served(migrated) as running:
        yield running


def test_it_is_healthy_and_each_check_agrees(server: Served) -> None:
    status, report = server.ask("/health")
    assert status == 200
    assert report["status"] == "healthy"
    assert report["version"] == "v1-test"
    assert {report[name] for name in ("postgres", "redis", "chroma", "ollama")} == {"ok"}
    for arguments in ((), ("--direct",)):
        code, said = server.check(*arguments)
        assert code == 0
        assert said | {"timestamp": ""} == report | {"timestamp": ""}


@pytest.mark.parametrize(
    ("variable", "value", "name", "status", "code"),
    [
        ("OLLAMA_URL", f"http://{NOBODY}", "ollama", "degraded", 0),
        ("EMBED_MODEL", "not-pulled", "ollama", "degraded", 0),
        ("CHROMA_URL", f"http://{NOBODY}", "chroma", "degraded", 0),
        ("REDIS_URL", f"redis://{NOBODY}", "redis", "unhealthy", 1),
    ],
    ids=["no ollama", "no model", "no chroma", "no redis"],
)
def test_what_is_away_degrades_it_or_stops_it(  # noqa: PLR0917 - pytest gives them by name
    migrated: dict[str, str], variable: str, value: str, name: str, status: str, code: int
) -> None:
    with served(migrated | {variable: value}) as server:
        answered, report = server.ask("/health")
        assert answered == (503 if code else 200)
        assert report["status"] == status
        ill = {one for one in ("postgres", "redis", "chroma", "ollama") if report[one] != "ok"}
        assert ill == {name}
        assert server.check()[0] == code
        assert server.check("--direct")[0] == code


def test_health_is_503_while_the_database_is_away_and_200_after(server: Served) -> None:
    name = server.environment["DATABASE_URL"].rsplit("/", 1)[1]
    on_the_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    on_the_server(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    )
    status, report = server.ask("/health")
    on_the_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert status == 503
    assert report["postgres"].startswith("error: ")
    wait_until(lambda: server.ask("/health")[0] == 200)


def test_a_dead_server_is_unhealthy(server: Served) -> None:
    server.process.kill()
    server.process.wait()
    code, report = server.check()
    assert code == 1
    assert report["status"] == "unhealthy"


def test_a_request_in_flight_is_finished_after_sigterm(server: Served) -> None:
    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(server.ask("/api/v1/slow?seconds=2")[0])
    )
    asking.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with pytest.raises(OSError, match="refused"):
        server.ask("/api/v1/version")
    asking.join(DEADLINE)
    assert answers == [200]
    assert server.process.wait(DEADLINE) == -signal.SIGTERM


def test_the_log_is_one_json_object_a_line(server: Served) -> None:
    server.ask("/api/v1/version")
    server.ask("/health")
    server.process.send_signal(signal.SIGTERM)
    written, _ = server.process.communicate(timeout=DEADLINE)
    entries = [json.loads(line) for line in written.splitlines()]
    paths = [entry["path"] for entry in entries if entry["logger"] == "app.requests"]
    assert paths
    assert set(paths) == {"/api/v1/version"}


def test_production_hides_the_docs_and_secures_the_cookie(migrated: dict[str, str]) -> None:
    with served(migrated | {"ENVIRONMENT": "production"}) as server:
        assert server.ask("/api/openapi.json")[0] == 404
        account = json.dumps({"email": "anna@example.com", "password": "correct horse"})
        for path in ("signup", "login"):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", f"/api/v1/auth/{path}", account, headers)
            cookie = connection.getresponse().headers["Set-Cookie"]
            connection.close()
        for flag in ("Secure", "HttpOnly", "SameSite=strict"):
            assert flag in cookie


def test_production_does_not_start_with_a_weak_key(migrated: dict[str, str]) -> None:
    command = [sys.executable, "-c", SERVE.format(port=free_port())]
    weak = migrated | {"ENVIRONMENT": "production", "SECRET_KEY": "canary"}
    ended = subprocess.run(
        command, cwd=BACKEND, env=weak, check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert "SECRET_KEY is too weak for production" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "canary" not in ended.stdout + ended.stderr


class Sentry(BaseHTTPRequestHandler):
    """Takes what the app sends to Sentry."""

    taken: list[str] = []  # noqa: RUF012 - one for all requests of the test

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.taken.append(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def test_sentry_is_told_of_what_fails_where_its_address_is_set(migrated: dict[str, str]) -> None:
    sentry = ThreadingHTTPServer(("127.0.0.1", 0), Sentry)
    threading.Thread(target=sentry.serve_forever, daemon=True).start()
    told = {
        "SENTRY_DSN": f"http://key@127.0.0.1:{sentry.server_port}/1",
        "REDIS_URL": f"redis://{NOBODY}",
    }
    with served(migrated | told) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
        connection.request("GET", "/api/v1/clients", headers={"Cookie": "session=canary"})
        assert connection.getresponse().status == 503
        connection.close()
        wait_until(lambda: any("ConnectionError" in one for one in Sentry.taken))
    sentry.shutdown()
    sentry.server_close()
    event = next(one for one in Sentry.taken if "ConnectionError" in one)
    assert '"release":"v1-test"' in event
    assert '"environment":"development"' in event
    assert "canary" not in event
