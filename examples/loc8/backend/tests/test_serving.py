"""gunicorn as Docker runs it: started, asked over the network, stopped by a signal."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from conftest import BACKEND, Environment
from test_api import CAFE, JPEG

DEADLINE = 30
GUNICORN = ("-m", "gunicorn", "--config", "gunicorn.conf.py")


class Served:
    """A running gunicorn with its workers."""

    def __init__(self, environment: Environment) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.environment = environment | {"PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, *GUNICORN, "app.main:create_app()"],
            cwd=BACKEND,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, path: str, body: object = None, method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        data = body if isinstance(body, bytes) else json.dumps(body) if body else None
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> list[dict[str, object]]:
        """Stop it by SIGTERM, and return its log."""
        self.process.send_signal(signal.SIGTERM)
        written, _ = self.process.communicate(timeout=DEADLINE)
        return [json.loads(line) for line in written.splitlines()]


def wait_until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the deadline has passed"
        time.sleep(0.02)


@contextmanager
def served(environment: Environment) -> Iterator[Served]:
    server = Served(environment)
    try:
        wait_until(server.listens)
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def server(migrated: Environment) -> Iterator[Served]:
    with served(migrated) as running:
        yield running


def test_sigterm_lets_a_slow_request_finish(server: Served) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(server.ask, "/api/v1/slow?seconds=3")
        time.sleep(1)  # the request is on its way; nothing outside shows when it has arrived
        log = server.stop()
        status, body = answer.result(DEADLINE)
    assert (status, json.loads(body)["slept"]) == (200, 3)
    assert server.process.returncode == 0
    assert "/api/v1/slow" in {line.get("path") for line in log}
    assert {line["logger"] for line in log} >= {"app.requests", "gunicorn.error"}


def test_an_idle_connection_stays_open_longer_than_nginx_keeps_it(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    for wait in (6, 0):  # uvicorn's own default is 5 s
        connection.request("GET", "/api/v1/version")
        assert connection.getresponse().read() == b'{"version":"v1-test"}'
        time.sleep(wait)
    connection.close()


def test_the_health_check_agrees(server: Served) -> None:
    command = [sys.executable, "-m", "app.healthcheck"]

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=server.environment, check=False, capture_output=True, text=True
        )

    well = check()
    assert (well.returncode, well.stdout[:4]) == (0, "200 ")
    server.stop()
    assert check().returncode == 1


def test_wrong_settings_end_it_at_once_and_are_not_shown(migrated: Environment) -> None:
    wrong = Served(migrated | {"CACHE_SECONDS": "canary-value"})
    written, _ = wrong.process.communicate(timeout=DEADLINE)
    assert wrong.process.returncode != 0
    assert "canary-value" not in written


def test_replicas_share_one_database_and_one_folder(migrated: Environment) -> None:
    """Three replicas of four workers write at once, and none of them is ever refused."""
    failed: list[tuple[int, bytes]] = []

    def work(number: int) -> None:
        server = running[number % 3]
        status, body = server.ask("/api/v1/places", CAFE | {"name": f"place {number}"}, "POST")
        if status != 201:
            failed.append((status, body))
            return
        place = f"/api/v1/places/{json.loads(body)['id']}"
        other = running[(number + 1) % 3]
        answers = (
            other.ask(f"{place}/photo", JPEG, "PUT"),
            running[(number + 2) % 3].ask(place),
            other.ask("/api/v1/places/nearby?latitude=52.5163&longitude=13.3777"),
        )
        failed.extend(answer for answer in answers if answer[0] != 200)

    with ExitStack() as stack, ThreadPoolExecutor(24) as pool:
        running = [stack.enter_context(served(migrated)) for _ in range(3)]
        list(pool.map(work, range(150)))
        assert not failed
        newest = json.loads(running[0].ask("/api/v1/places?limit=200")[1])
        assert len({place["name"] for place in newest}) == 150
        assert len({place["photo"] for place in newest}) == 150


def test_photos_sent_at_the_same_time_leave_one_file(server: Served) -> None:
    place = json.loads(server.ask("/api/v1/places", CAFE, "POST")[1])["id"]
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(server.ask, f"/api/v1/places/{place}/photo", JPEG, "PUT") for _ in range(16)
        ]
        statuses = {future.result(DEADLINE)[0] for future in sent}
    assert statuses - {409} == {200}
    kept = json.loads(server.ask(f"/api/v1/places/{place}")[1])["photo"]
    folder = Path(server.environment["UPLOADS_DIR"])
    assert [file.name for file in folder.iterdir()] == [kept]
