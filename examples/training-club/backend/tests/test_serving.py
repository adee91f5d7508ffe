"""The process as Docker runs it: started, asked over the network, stopped by a signal."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from conftest import BACKEND, DEADLINE, Database, redis_url, wait_until
from redis import Redis

CHECK = "import sys; from app.healthcheck import check; sys.exit(check({port}))"


class Served:
    """gunicorn with the app, as in the image but for the port."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.environment = environment
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            command, cwd=BACKEND, env=environment, stdout=subprocess.PIPE, text=True
        )

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)

    def ask(
        self, path: str, method: str = "GET", body: object = None, cookie: str = ""
    ) -> http.client.HTTPResponse:
        connection = self.connection()
        headers = {"Content-Type": "application/json", "Cookie": cookie}
        connection.request(method, path, body=json.dumps(body), headers=headers)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        connection.close()
        return response

    def member(self, name: str) -> str:
        """Sign somebody up and return the cookie of the session."""
        who = {"email": f"{name}@example.com", "password": "correct horse"}
        assert self.ask("/api/members", "POST", who | {"name": name}).status == 201
        answer = self.ask("/api/login", "POST", who)
        return answer.headers["Set-Cookie"].split(";")[0]

    def docker_says_healthy(self) -> bool:
        command = [sys.executable, "-c", CHECK.format(port=self.port)]
        answer = subprocess.run(command, cwd=BACKEND, check=False, capture_output=True)
        return answer.returncode == 0

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> str:
        """Stop it as Docker does, and return what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        written, _ = self.process.communicate(timeout=DEADLINE)
        return written


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[Served]:
    server = Served(environment)
    try:
        wait_until(server.listens)
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Served]:
    with serving(environment) as running:
        yield running


def test_sigterm_lets_slow_requests_finish(server: Served) -> None:
    assert server.ask("/api/version").status == 200
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(server.ask, "/api/slow?seconds=10") for _ in range(8)]
        time.sleep(1)  # they are on their way; nothing outside shows when they have arrived
        server.process.send_signal(signal.SIGTERM)
        answers = [one.result(DEADLINE) for one in asked]
    assert [answer.status for answer in answers] == [200] * 8
    assert server.process.wait(DEADLINE) == 0


def test_an_idle_connection_stays_open_and_sigterm_ends_it(server: Served) -> None:
    connection = server.connection()
    for _ in range(3):
        connection.request("GET", "/api/version")
        response = connection.getresponse()
        assert json.loads(response.read()) == {"version": "v1-test"}
        assert not response.will_close
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0
    connection.close()


def test_of_many_members_one_gets_the_last_place(server: Served) -> None:
    cookies = [server.member(f"member{number}") for number in range(8)]
    course = {
        "title": "Rowing",
        "trainer": "Tom",
        "starts_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "minutes": 60,
        "places": 1,
    }
    added = server.ask("/api/courses", "POST", course, cookies[0])
    path = f"/api/courses/{json.loads(added.body)['id']}/booking"
    start = threading.Barrier(len(cookies))

    def book(cookie: str) -> int:
        start.wait()
        return server.ask(path, "PUT", cookie=cookie).status

    with ThreadPoolExecutor(len(cookies)) as members:
        answers = sorted(members.map(book, cookies))
    assert answers == [204] + [409] * 7


def test_health_is_503_while_the_database_is_away(server: Served, migrated: Database) -> None:
    assert server.ask("/api/health").status == 200
    migrated.server.run(f"ALTER USER {migrated.name}@'%' ACCOUNT LOCK")
    try:
        answer = server.ask("/api/health")
    finally:
        migrated.server.run(f"ALTER USER {migrated.name}@'%' ACCOUNT UNLOCK")
    assert answer.status == 503
    body = json.loads(answer.body)
    assert body["database"].startswith("error: ")
    assert body["redis"] == "ok"
    assert server.ask("/api/health").status == 200


def test_health_is_503_while_redis_hangs(server: Served) -> None:
    assert server.ask("/api/health").status == 200
    with Redis.from_url(redis_url()) as redis:
        redis.client_pause(5000)
    answer = server.ask("/api/health")
    assert answer.status == 503
    assert json.loads(answer.body)["redis"].startswith("error: ")
    wait_until(lambda: server.ask("/api/health").status == 200)


def test_the_health_check_agrees(server: Served) -> None:
    wait_until(server.docker_says_healthy)
    server.process.kill()
    wait_until(lambda: not server.docker_says_healthy())


def test_a_log_is_one_json_object_a_line(server: Served) -> None:
    server.ask("/api/version")
    server.ask("/api/health")
    lines = [json.loads(line) for line in server.stop().splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [(line["path"], line["status"]) for line in requests] == [("/api/version", 200)]


def test_a_missing_variable_is_named_and_no_value_shown(environment: dict[str, str]) -> None:
    broken = environment | {"SESSION_HOURS": "canary-value"}
    answer = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"],
        cwd=BACKEND,
        env=broken,
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert answer.returncode in (1, 3)  # 1 where the second worker fails while gunicorn ends
    written = answer.stdout + answer.stderr
    assert "environment: Expected `int`, got `str` - at `$.SESSION_HOURS`" in written
    assert "canary-value" not in written
