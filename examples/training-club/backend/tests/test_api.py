import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import sign_up
from flask import Flask
from flask.testing import FlaskClient

from app.logs import JsonFormatter
from app.routes.members import PHOTO_BYTES

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
ROWING = {
    "title": "Rowing",
    "trainer": "Tom",
    "starts_at": TOMORROW.isoformat(),
    "minutes": 60,
    "places": 1,
}
PNG = b"\x89PNG\r\n\x1a\n and the rest"


def add_course(client: FlaskClient, **changes: object) -> int:
    answer = client.post("/api/courses", json=ROWING | changes)
    assert answer.status_code == 201, answer.text
    number: int = answer.json["id"]
    return number


def test_health_says_version_database_and_redis(client: FlaskClient) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    body = answer.json
    assert (body["status"], body["version"]) == ("healthy", "v1-test")
    assert (body["database"], body["redis"]) == ("ok", "ok")
    assert body["timestamp"].endswith("+00:00")


@pytest.mark.parametrize("path", ["/api/version", "/nowhere"])
def test_every_answer_names_its_version(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["X-App-Version"] == "v1-test"


def test_an_error_of_ours_is_json_and_says_nothing_of_it(app: Flask) -> None:
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert answer.headers["X-App-Version"] == "v1-test"
    assert "division" not in answer.json["detail"]


def test_a_member_logs_in_and_out(client: FlaskClient) -> None:
    assert client.get("/api/me").status_code == 401
    sign_up(client, "Anna")
    assert client.get("/api/me").json["name"] == "Anna"
    assert client.post("/api/logout").status_code == 204
    assert client.get("/api/me").status_code == 401


def test_a_login_is_a_new_session_that_a_logout_ends(client: FlaskClient) -> None:
    anna = sign_up(client, "Anna")
    first = client.get_cookie("training_club").value
    client.post("/api/login", json=anna)
    second = client.get_cookie("training_club").value
    assert first != second
    client.post("/api/logout")
    for old in (first, second):
        client.set_cookie("training_club", old)
        assert client.get("/api/me").status_code == 401


def test_a_session_is_known_to_another_replica(app: Flask, client: FlaskClient) -> None:
    sign_up(client, "Anna")
    other = app.test_client()
    other.set_cookie("training_club", client.get_cookie("training_club").value)
    assert other.get("/api/me").json["name"] == "Anna"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Flask, client: FlaskClient
) -> None:
    app.config["SESSION_COOKIE_SECURE"] = True
    anna = sign_up(client, "Anna")
    cookie = client.post("/api/login", json=anna).headers["Set-Cookie"]
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax"):
        assert attribute in cookie


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong horse"}, {"email": "nobody@example.com"}], ids=str
)
def test_login_refuses(client: FlaskClient, wrong: dict[str, str]) -> None:
    anna = sign_up(client, "Anna")
    answer = client.post("/api/login", json=anna | wrong)
    assert answer.status_code == 401
    assert answer.json == {"detail": "the address or the password is wrong"}


def test_one_address_is_one_member_but_an_accent_is_another(client: FlaskClient) -> None:
    jose = sign_up(client, "Jose") | {"name": "José"}
    again = client.post("/api/members", json=jose | {"email": "JOSE@example.com"})
    assert again.status_code == 409
    accent = client.post("/api/members", json=jose | {"email": "josé@example.com"})
    assert accent.status_code == 201
    assert accent.json["name"] == "José"


def test_a_form_of_another_site_is_no_json(client: FlaskClient) -> None:
    assert client.post("/api/login", data={"email": "a@example.com"}).status_code == 415
    assert client.post("/api/login", data="{", content_type="application/json").status_code == 400


def test_courses_are_for_members(client: FlaskClient) -> None:
    assert client.get("/api/courses").status_code == 401
    assert client.put("/api/courses/1/booking").status_code == 401


def test_courses_to_come_are_listed_soonest_first(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    add_course(client, title="Later", starts_at=(TOMORROW + timedelta(hours=1)).isoformat())
    add_course(client, title="🚣 Sooner", starts_at=TOMORROW.isoformat())
    add_course(client, title="Over", starts_at="2025-05-01T10:00:00Z")
    listed = client.get("/api/courses").json
    assert [course["title"] for course in listed] == ["🚣 Sooner", "Later"]
    assert listed[0]["starts_at"] == TOMORROW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_place_is_taken_and_given_back(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    number = add_course(client, places=2)
    for method, free, booked in (("PUT", 1, True), ("PUT", 1, True), ("DELETE", 2, False)):
        path = f"/api/courses/{number}/booking"
        assert client.open(path, method=method).status_code == 204
        (course,) = client.get("/api/courses").json
        assert (course["free"], course["booked"]) == (free, booked)


def test_a_full_course_is_full_for_others(app: Flask, client: FlaskClient) -> None:
    sign_up(client, "Anna")
    number = add_course(client)
    client.put(f"/api/courses/{number}/booking")
    ben = app.test_client()
    sign_up(ben, "Ben")
    assert ben.put(f"/api/courses/{number}/booking").status_code == 409
    (course,) = ben.get("/api/courses").json
    assert (course["free"], course["booked"]) == (0, False)


def test_a_course_that_began_or_never_was_cannot_be_booked(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    over = add_course(client, starts_at="2025-05-01T10:00:00Z")
    assert client.put(f"/api/courses/{over}/booking").status_code == 409
    assert client.put("/api/courses/999999999/booking").status_code == 404


@pytest.mark.parametrize(
    "nonsense", [{"places": 0}, {"starts_at": "2025-05-01T10:00:00"}, {"title": ""}], ids=str
)
def test_courses_refuse_nonsense(client: FlaskClient, nonsense: dict[str, object]) -> None:
    sign_up(client, "Anna")
    assert client.post("/api/courses", json=ROWING | nonsense).status_code == 422


def test_the_list_is_cached_until_something_changes(app: Flask, client: FlaskClient) -> None:
    redis = app.extensions["redis"]
    sign_up(client, "Anna")
    number = add_course(client)
    client.get("/api/courses")
    client.get("/api/courses")
    assert len(redis.keys("cache:v1-test:courses:*")) == 1
    client.put(f"/api/courses/{number}/booking")
    assert client.get("/api/courses").json[0]["free"] == 0
    assert len(redis.keys("cache:v1-test:courses:*")) == 2


def test_a_photo_is_kept_and_served_to_members(
    client: FlaskClient, environment: dict[str, str]
) -> None:
    sign_up(client, "Anna")
    assert client.get("/api/me").json["photo"] is None
    answer = client.put("/api/me/photo", data=PNG, content_type="text/plain")
    assert answer.status_code == 200
    where = answer.json["photo"]
    photo = client.get(where, buffered=True)
    assert (photo.data, photo.mimetype) == (PNG, "image/png")
    unchanged = {"If-None-Match": photo.headers["ETag"]}
    assert client.get(where, headers=unchanged, buffered=True).status_code == 304
    client.put("/api/me/photo", data=b"\xff\xd8\xff newer")
    assert client.get(where, buffered=True).mimetype == "image/jpeg"
    assert len(list(Path(environment["UPLOADS_DIR"]).iterdir())) == 1
    client.post("/api/logout")
    assert client.get(where).status_code == 401


def test_a_photo_must_be_a_picture_of_some_size(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    page = client.put("/api/me/photo", data=b"<script>", content_type="image/png")
    assert page.status_code == 415
    largest = PNG.ljust(PHOTO_BYTES, b"\0")
    assert client.put("/api/me/photo", data=largest).status_code == 200
    assert client.put("/api/me/photo", data=largest + b"\0").status_code == 413
    assert client.get("/api/members/999999999/photo").status_code == 404


def test_echo_returns_any_json_with_the_version(client: FlaskClient) -> None:
    answer = client.post("/api/echo", json=[1, {"a": None}])
    assert answer.json == {"version": "v1-test", "body": [1, {"a": None}]}


@pytest.mark.parametrize("seconds", ["11", "-1", "nan"])
def test_slow_refuses(client: FlaskClient, seconds: str) -> None:
    assert client.get(f"/api/slow?seconds={seconds}").status_code == 422


def test_logs_hold_no_secrets_and_no_health_checks(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    anna = sign_up(client, "Anna")
    client.get("/api/courses?token=in-a-query")
    client.get("/api/health")
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert '"path": "/api/courses"' in written
    assert "/api/health" not in written
    session = client.get_cookie("training_club").value
    for secret in (anna["password"], session, "in-a-query"):
        assert secret not in written
