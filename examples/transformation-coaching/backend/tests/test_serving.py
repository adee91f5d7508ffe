"""The process as Docker runs it: started, asked over the network, stopped by a signal."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SERVE = "from app.serve import serve; serve({port})"
CHECK = "import sys; from app.healthcheck import check; sys.exit(check({port}))"
DEADLINE = 20


class Served:
    """A running process of the app."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.environment = environment
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(port=self.port)], env=environment
        )

    def ask(self, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def docker_says_healthy(self) -> bool:
        command = [sys.executable, "-c", CHECK.format(port=self.port)]
        return (
            subprocess.run(
                command, env=self.environment, check=False, capture_output=True
            ).returncode
            == 0
        )

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait_until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the deadline has passed"
        time.sleep(0.02)


@contextmanager
def served(environment: dict[str, str]) -> Iterator[Served]:
    server = Served(environment)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def server(migrated: dict[str, str]) -> Iterator[Served]:
    with served(migrated) as running:
        wait_until(running.listens)
        yield running


def test_sigterm_lets_a_slow_request_finish(server: Served) -> None:
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(server.ask("/api/v1/slow?seconds=2")))
    asking.start()
    time.sleep(0.5)  # the request is on its way; nothing outside shows when it has arrived
    server.process.send_signal(signal.SIGTERM)
    asking.join(DEADLINE)
    assert answers[0][0] == 200
    assert json.loads(answers[0][1])["slept"] == 2
    assert server.process.wait(DEADLINE) in (0, -signal.SIGTERM)


def test_sigterm_closes_websockets_with_service_restart(server: Served) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/api/v1/ws") as websocket:
        websocket.send("hello")
        assert websocket.recv(DEADLINE) == "hello"
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(DEADLINE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_sigterm_ends_event_streams(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    connection.request("GET", "/api/v1/events?interval=30")
    response = connection.getresponse()
    assert response.read(1) == b"r"
    server.process.send_signal(signal.SIGTERM)
    stopped = time.monotonic()
    rest = response.read()  # raises IncompleteRead if the stream is cut
    assert rest.endswith(b"event: bye\ndata: {}\n\n")
    assert time.monotonic() - stopped < 5
    connection.close()


def test_health_is_503_while_the_database_is_away(server: Served) -> None:
    url = server.environment["DATABASE_URL"]
    if not url.startswith("postgresql"):
        pytest.skip("needs TEST_DATABASE_URL: a SQLite file does not go away")
    assert server.ask("/health")[0] == 200
    admin = create_engine(os.environ["TEST_DATABASE_URL"], isolation_level="AUTOCOMMIT")
    name = url.rsplit("/", 1)[1]
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        status, body = server.ask("/health")
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()
    assert status == 503
    assert json.loads(body)["database"].startswith("error: ")
    wait_until(lambda: server.ask("/health")[0] == 200)


def test_the_health_check_agrees(server: Served) -> None:
    assert server.docker_says_healthy()
    server.process.kill()
    server.process.wait()
    assert not server.docker_says_healthy()


def test_a_short_secret_is_refused_and_not_shown(migrated: dict[str, str]) -> None:
    command = [sys.executable, "-c", SERVE.format(port=0)]
    environment = migrated | {"SECRET_KEY": "canary-value"}
    answer = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=DEADLINE
    )
    assert answer.returncode == 1
    assert "secret_key" in answer.stderr
    assert "canary-value" not in answer.stdout + answer.stderr


def test_broken_boot_exits_at_start(migrated: dict[str, str]) -> None:
    with served(migrated | {"BROKEN": "boot"}) as server:
        assert server.process.wait(DEADLINE) == 1


def test_broken_unhealthy_serves_but_is_unhealthy(migrated: dict[str, str]) -> None:
    with served(migrated | {"BROKEN": "unhealthy"}) as server:
        wait_until(server.listens)
        assert server.ask("/health")[0] == 503
        assert server.ask("/api/v1/version")[0] == 200
        assert not server.docker_says_healthy()


def test_broken_proxy_is_healthy_for_docker_only(migrated: dict[str, str]) -> None:
    with served(migrated | {"BROKEN": "proxy"}) as server:
        wait_until(server.listens)
        assert server.docker_says_healthy()
        assert server.ask("/health", host="example.com")[0] == 500
        assert server.ask("/api/v1/version", host="10.0.0.7:8000")[0] == 500


def test_broken_sick_falls_ill_under_its_public_name(migrated: dict[str, str]) -> None:
    with served(migrated | {"BROKEN": "sick"}) as server:
        wait_until(server.listens)
        answers = [server.ask("/health", host="example.com")[0] for _ in range(7)]
        assert answers == [200] * 5 + [503] * 2
        assert server.ask("/api/v1/version", host="example.com")[0] == 200
        assert server.docker_says_healthy()


def test_broken_later_dies_after_a_good_start(migrated: dict[str, str]) -> None:
    with served(migrated | {"BROKEN": "later"}) as server:
        wait_until(server.listens)
        assert server.ask("/health")[0] == 200
        assert server.process.wait(DEADLINE) == 1


def test_broken_slowstart_listens_late(migrated: dict[str, str]) -> None:
    started = time.monotonic()
    with served(migrated | {"BROKEN": "slowstart"}) as server:
        wait_until(server.listens, seconds=40)
        assert time.monotonic() - started > 8
