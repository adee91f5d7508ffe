import logging

import pytest
from conftest import add_client, sign_up
from fastapi.testclient import TestClient
from redis import Redis

from app.logs import JsonFormatter
from app.settings import get_settings

ANNA = {"email": "anna@example.com", "password": "correct horse"}


def test_every_answer_names_its_version(client: TestClient) -> None:
    assert client.get("/api/v1/version").json() == {"version": "v1-test"}
    assert client.get("/nowhere").headers["x-app-version"] == "v1-test"


def test_an_error_of_ours_names_its_version_too(client: TestClient) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    client.app.add_api_route("/fails", fail)
    answer = TestClient(client.app, raise_server_exceptions=False).get("/fails")
    assert answer.status_code == 500
    assert answer.headers["x-app-version"] == "v1-test"
    assert "ZeroDivisionError" not in answer.text


def test_signup_refuses_a_second_account_for_one_address(client: TestClient) -> None:
    sign_up(client)
    again = client.post("/api/v1/auth/signup", json=ANNA | {"email": "ANNA@example.com"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    "credentials",
    [ANNA | {"password": "wrong horse"}, ANNA | {"email": "nobody@example.com"}],
    ids=["wrong password", "unknown address"],
)
def test_login_refuses(client: TestClient, credentials: dict[str, str]) -> None:
    sign_up(client)
    answer = client.post("/api/v1/auth/login", json=credentials)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "the address or the password is wrong"}


def test_a_session_lasts_until_the_logout(client: TestClient) -> None:
    sign_up(client)
    assert client.get("/api/v1/auth/me").json()["email"] == "anna@example.com"
    token = client.cookies["session"]
    assert client.post("/api/v1/auth/logout").status_code == 204
    client.cookies.set("session", token)
    assert client.get("/api/v1/auth/me").status_code == 401


def test_redis_does_not_hold_the_token_itself(client: TestClient) -> None:
    sign_up(client)
    redis = Redis.from_url(get_settings().redis_url.get_secret_value(), decode_responses=True)
    (key,) = redis.keys("session:*")
    assert client.cookies["session"] not in key
    assert 0 < redis.ttl(key) <= 12 * 3600
    redis.close()


@pytest.mark.parametrize("path", ["/auth/me", "/clients", "/search?q=run", "/documents/1"])
def test_nobody_sees_anything_without_a_session(client: TestClient, path: str) -> None:
    client.cookies.set("session", "made-up")
    assert client.get(f"/api/v1{path}").status_code == 401


def test_clients_and_notes_are_kept(client: TestClient) -> None:
    sign_up(client)
    ben = add_client(client, "Ben")
    add_client(client, "Ada")
    assert [one["name"] for one in client.get("/api/v1/clients").json()] == ["Ada", "Ben"]
    for words in ("first", "second"):
        note = client.post(f"/api/v1/clients/{ben}/notes", json={"text": words})
        assert note.status_code == 201
    listed = client.get(f"/api/v1/clients/{ben}/notes").json()
    assert [note["text"] for note in listed] == ["second", "first"]


def test_a_coach_sees_only_their_own_clients(client: TestClient) -> None:
    sign_up(client)
    ben = add_client(client)
    sign_up(client, "carl@example.com")
    assert client.get("/api/v1/clients").json() == []
    assert client.get(f"/api/v1/clients/{ben}/notes").status_code == 404
    assert client.post(f"/api/v1/clients/{ben}/notes", json={"text": "x"}).status_code == 404


def test_nonsense_is_refused(client: TestClient) -> None:
    sign_up(client)
    ben = add_client(client)
    assert client.post(f"/api/v1/clients/{ben}/notes", json={"text": ""}).status_code == 422
    assert client.get("/api/v1/search?q=").status_code == 422


def test_echo_returns_any_json_with_the_version(client: TestClient) -> None:
    answer = client.post("/api/v1/echo", json=[1, {"a": None}])
    assert answer.json() == {"version": "v1-test", "body": [1, {"a": None}]}


def test_slow_refuses_more_than_ten_seconds(client: TestClient) -> None:
    assert client.get("/api/v1/slow?seconds=0").json()["version"] == "v1-test"
    assert client.get("/api/v1/slow?seconds=11").status_code == 422


def test_logs_hold_no_secrets_and_no_health_checks(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    sign_up(client)
    client.get("/api/v1/clients?token=in-a-query")
    client.get("/health")
    client.get("/metrics")
    ours = [record for record in caplog.records if record.name.startswith("app.")]
    written = "\n".join(JsonFormatter().format(record) for record in ours)
    assert '"path": "/api/v1/clients"' in written
    assert "/health" not in written
    assert "/metrics" not in written
    for secret in (ANNA["password"], client.cookies["session"], "in-a-query"):
        assert secret not in written


def test_metrics_count_by_route_and_not_by_path(client: TestClient) -> None:
    sign_up(client)
    client.get(f"/api/v1/clients/{add_client(client)}/notes")
    client.get("/health")
    lines = client.get("/metrics").text.splitlines()
    route = 'method="GET",path="/api/v1/clients/{client_id}/notes"'
    for wanted in (
        f'http_requests_total{{{route},status="200"}}',
        f'http_requests_total{{{route},status="500"}}',
        f"http_request_duration_seconds_count{{{route}}}",
    ):
        assert any(line.startswith(wanted) for line in lines), wanted
    assert 'dependency_up{dependency="chroma"} 1.0' in lines
