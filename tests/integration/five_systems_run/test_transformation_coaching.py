"""Transformation Coaching: FastAPI and Postgres."""

from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System

ANN = {"email": "ann@example.com", "password": "a long password"}
API = "/api/v1"
RUN = {"title": "Run", "minutes": 30, "done_on": "2025-05-01", "notes": "it's “easy”"}


@pytest.mark.thorough
class TestTransformationCoaching(Life):
    app = "transformation-coaching"
    databases = ("postgres",)

    def fill(self, system: System) -> None:
        system.done("POST", f"{API}/auth/signup", ANN)
        system.log_in(f"{API}/auth/login", ANN)
        system.done("POST", f"{API}/workouts", RUN)
        system.done("POST", f"{API}/workouts", {**RUN, "title": "Swim"})

    def content(self, system: System) -> Any:
        workouts = system.done("GET", f"{API}/workouts")
        return [{name: workout[name] for name in RUN} for workout in workouts]

    def use_second_release(self, system: System) -> None:
        assert system.done("POST", f"{API}/workouts", {**RUN, "effort": 7})["effort"] == 7

    def ruin(self, system: System) -> None:
        system.inside("db", 'psql -U $POSTGRES_USER -d $POSTGRES_DB -c "drop table workouts"')
