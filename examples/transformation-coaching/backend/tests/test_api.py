import logging

import jwt
import pytest
from fastapi.testclient import TestClient

from app.logs import JsonFormatter

ANNA = {"email": "anna@example.com", "password": "correct horse"}
RUN = {"title": "Run", "minutes": 30, "done_on": "2025-05-01", "notes": "easy"}


def log_in(client: TestClient, **credentials: str) -> dict[str, str]:
    assert client.post("/api/v1/auth/signup", json=credentials).status_code == 201
    answer = client.post("/api/v1/auth/login", json=credentials)
    assert answer.status_code == 200
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_health_says_version_and_database(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["version"], body["database"]) == ("healthy", "v1-test", "ok")
    assert body["timestamp"].endswith("+00:00")


def test_every_answer_names_its_version(client: TestClient) -> None:
    assert client.get("/api/v1/version").json() == {"version": "v1-test"}
    assert client.get("/nowhere").headers["x-app-version"] == "v1-test"


def test_signup_refuses_a_second_account_for_one_address(client: TestClient) -> None:
    log_in(client, **ANNA)
    again = client.post("/api/v1/auth/signup", json=ANNA | {"email": "ANNA@example.com"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    "credentials",
    [ANNA | {"password": "wrong horse"}, ANNA | {"email": "nobody@example.com"}],
    ids=["wrong password", "unknown address"],
)
def test_login_refuses(client: TestClient, credentials: dict[str, str]) -> None:
    log_in(client, **ANNA)
    answer = client.post("/api/v1/auth/login", json=credentials)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "the address or the password is wrong"}


def test_workouts_are_kept_and_listed_newest_first(client: TestClient) -> None:
    headers = log_in(client, **ANNA)
    first = client.post("/api/v1/workouts", json=RUN, headers=headers)
    assert first.status_code == 201
    later = RUN | {"title": "Swim", "done_on": "2025-05-02"}
    client.post("/api/v1/workouts", json=later, headers=headers)
    listed = client.get("/api/v1/workouts", headers=headers).json()
    assert [workout["title"] for workout in listed] == ["Swim", "Run"]
    one = client.get(f"/api/v1/workouts/{first.json()['id']}", headers=headers)
    assert one.json() == first.json()


def test_a_user_sees_only_their_own_workouts(client: TestClient) -> None:
    anna = log_in(client, **ANNA)
    ben = log_in(client, email="ben@example.com", password="staple battery")
    workout = client.post("/api/v1/workouts", json=RUN, headers=anna).json()
    assert client.get("/api/v1/workouts", headers=ben).json() == []
    assert client.get(f"/api/v1/workouts/{workout['id']}", headers=ben).status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        None,
        "nonsense",
        jwt.encode({"sub": "1", "exp": 4102444800}, "some other key that is long enough", "HS256"),
        jwt.encode({"sub": "1"}, "a secret for tests that is long enough", "HS256"),
        jwt.encode({"sub": "1", "exp": 1}, "a secret for tests that is long enough", "HS256"),
        jwt.encode(
            {"sub": "99", "exp": 4102444800}, "a secret for tests that is long enough", "HS256"
        ),
    ],
    ids=["none", "nonsense", "other key", "no expiry", "expired", "user gone"],
)
def test_workouts_refuse_a_bad_token(client: TestClient, token: str | None) -> None:
    log_in(client, **ANNA)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/workouts", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_workouts_refuse_nonsense(client: TestClient) -> None:
    headers = log_in(client, **ANNA)
    answer = client.post("/api/v1/workouts", json=RUN | {"minutes": 0}, headers=headers)
    assert answer.status_code == 422


def test_echo_returns_any_json_with_the_version(client: TestClient) -> None:
    answer = client.post("/api/v1/echo", json=[1, {"a": None}])
    assert answer.json() == {"version": "v1-test", "body": [1, {"a": None}]}


def test_slow_refuses_more_than_ten_seconds(client: TestClient) -> None:
    assert client.get("/api/v1/slow?seconds=11").status_code == 422


def test_websocket_echoes(client: TestClient) -> None:
    with client.websocket_connect("/api/v1/ws") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


def test_logs_hold_no_secrets_and_no_health_checks(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    headers = log_in(client, **ANNA)
    client.get("/api/v1/workouts?token=in-a-query", headers=headers)
    client.get("/health")
    ours = [record for record in caplog.records if record.name.startswith("app.")]
    written = "\n".join(JsonFormatter().format(record) for record in ours)
    assert '"path": "/api/v1/workouts"' in written
    assert "/health" not in written
    for secret in (ANNA["password"], headers["Authorization"].split()[1], "in-a-query"):
        assert secret not in written
