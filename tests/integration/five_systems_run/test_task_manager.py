"""Task Manager: Node and Fastify, Postgres by its own file, three backends, two at a time."""

import json
import time
from contextlib import ExitStack
from typing import Any, Self

import pytest
from five_systems_run.life import Life
from five_systems_run.system import HOST, System
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

ANN = {"email": "ann@example.com", "password": "a long password"}
API = "/api/v1"
RESTART = 1012  # a WebSocket close code: the service is restarting


@pytest.mark.thorough
class TestTaskManager(Life):
    app = "task-manager"
    health = f"{API}/health"
    replicas = 3
    extras = ("node",)
    databases = ("postgres", "redis")

    def fill(self, system: System) -> None:
        system.done("POST", f"{API}/auth/signup", ANN)
        system.log_in(f"{API}/auth/login", ANN)
        for title in ("Write", "Prove “it”", "Rest"):
            task = system.done("POST", f"{API}/tasks", {"title": title})
        system.done("PATCH", f"{API}/tasks/{task['id']}", {"done": True})

    def content(self, system: System) -> Any:
        tasks = system.done("GET", f"{API}/tasks")
        return [(task["id"], task["title"], task["done"]) for task in tasks]

    def use_second_release(self, system: System) -> None:
        task = system.done("POST", f"{API}/tasks", {"title": "Later", "due_on": "2030-01-02"})
        assert task["due_on"] == "2030-01-02"

    def ruin(self, system: System) -> None:
        system.inside("db", 'psql -U $POSTGRES_USER -d $POSTGRES_DB -c "drop table tasks"')
        system.inside("redis", "redis-cli flushall")

    def test_health_in_detail(self, system: System) -> None:
        for path in (f"{API}/health/detailed", "/health/detailed"):
            found = system.done("GET", path)
            assert {"database", "redis"} <= set(found["dependencies"])
            assert found["version"] == "v1"

    def test_replicas_and_how_they_restart(self, system: System) -> None:
        policy = system.inspect("backend", "{{.HostConfig.RestartPolicy.Name}}")
        assert policy == ["unless-stopped"] * 3

    def test_postgres_reads_its_own_file(self, system: System) -> None:
        psql = "psql -U $POSTGRES_USER -d $POSTGRES_DB -Atc"
        file = system.inside("db", f"{psql} 'show config_file'")
        assert file == "/etc/postgresql/postgresql.conf\n"

    def test_a_websocket_stays_until_the_drain_ends_and_comes_back(self, system: System) -> None:
        with Socket(system) as before:
            assert before.welcome == "v1"
            begun = time.time()
            system.type("deploy", "--tag", "v2", "--no-backup")
            drained = before.wait_for_the_end()
        assert before.code == RESTART
        assert drained - begun > 5, "it was open while both releases ran"
        with Socket(system) as after:
            assert after.welcome == "v2"
            system.done("POST", f"{API}/tasks", {"title": "Seen by all"})
            assert "Seen by all" in after.next_message()


class Socket:
    """A WebSocket of somebody who has logged in."""

    def __init__(self, system: System) -> None:
        self.code = 0
        self._system = system
        self._open = ExitStack()

    def __enter__(self) -> Self:
        client = connect(
            f"wss://{HOST}{API}/ws",
            sock=self._system.line(),
            ssl=self._system.trusting(),
            server_hostname=HOST,
            additional_headers=self._system.identity,
            ping_interval=None,
            proxy=None,
        )
        self._line = self._open.enter_context(client)
        self.welcome = json.loads(self.next_message())["version"]
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def next_message(self) -> str:
        return str(self._line.recv(timeout=10))

    def wait_for_the_end(self) -> float:
        """Read until the server closes it; return when that was, and keep the code."""
        try:
            while True:
                self._line.recv(timeout=60)
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 0
        return time.time()
