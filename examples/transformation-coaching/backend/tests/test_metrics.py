"""What Prometheus is told, and where the database's password comes from."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.database import database_url, get_engine
from app.settings import Settings, get_settings

Labels = tuple[str, str, str]


def counted(client: TestClient) -> dict[Labels, float]:
    text = client.get("/metrics").text
    labels = r'method="(\w+)",path="([^"]+)",status="(\d+)"'
    found = re.findall(rf"^http_requests_total\{{{labels}\}} (\S+)$", text, re.MULTILINE)
    return {(method, path, status): float(value) for method, path, status, value in found}


def test_requests_are_counted_by_method_route_and_status(client: TestClient) -> None:
    before = counted(client)
    client.get("/api/v1/version")
    client.get("/api/v1/workouts/7")
    client.get("/api/v1/nothing")
    client.request("BREW", "/api/v1/version")
    after = counted(client)

    more = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    assert more == {
        ("GET", "/api/v1/version", "200"): 1,
        ("GET", "/api/v1/workouts/{workout_id}", "401"): 1,
        ("GET", "none", "404"): 1,
        ("other", "/api/v1/version", "405"): 1,
    }


def test_errors_are_there_before_the_first_and_times_by_route(client: TestClient) -> None:
    client.get("/api/v1/version")

    assert ("POST", "/api/v1/workouts", "500") in counted(client)
    took = 'http_request_duration_seconds_count{method="GET",path="/api/v1/version"}'
    assert took in client.get("/metrics").text


def test_machines_are_not_counted(client: TestClient) -> None:
    before = counted(client)
    client.get("/health")

    assert counted(client) == before


def test_the_password_of_the_database_comes_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("it's @ secret/\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://ann@db:5432/coaching")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(file))
    monkeypatch.setenv("SECRET_KEY", "a secret for tests that is long enough")
    get_settings.cache_clear()
    try:
        assert database_url().password == "it's @ secret/"
        assert get_engine().url.host == "db"
    finally:
        get_settings.cache_clear()
        get_engine.cache_clear()


def test_a_password_file_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "no"))

    with pytest.raises(ValidationError, match="database_password_file"):
        Settings(database_url="sqlite://", secret_key="a secret for tests that is long enough")
