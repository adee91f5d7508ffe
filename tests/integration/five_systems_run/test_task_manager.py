"""Task Manager: Node and Fastify, Postgres by its own file, three backends, two at a time."""

from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System

ANN = {"email": "ann@example.com", "password": "a long password"}
API = "/api/v1"


@pytest.mark.thorough
class TestTaskManager(Life):
    app = "task-manager"
    health = f"{API}/health"
    replicas = 3
    extras = ("node",)

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
