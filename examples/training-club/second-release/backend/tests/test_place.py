from datetime import UTC, datetime, timedelta

from conftest import Database, sign_up
from flask.testing import FlaskClient

COURSE = {
    "title": "Rowing",
    "trainer": "Tom",
    "starts_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    "minutes": 60,
    "places": 1,
}


def test_a_course_says_where_it_is(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    added = client.post("/api/courses", json=COURSE | {"place": "Boathouse"})
    assert (added.status_code, added.json["place"]) == (201, "Boathouse")
    assert client.get("/api/courses").json[0]["place"] == "Boathouse"


def test_a_page_of_the_release_before_can_still_add(client: FlaskClient) -> None:
    sign_up(client, "Anna")
    assert client.post("/api/courses", json=COURSE).json["place"] == ""


def test_code_of_the_release_before_can_still_write(
    client: FlaskClient, migrated: Database
) -> None:
    migrated.run(
        "INSERT INTO courses (title, trainer, starts_at, minutes, places, created_at)"
        " VALUES ('Rowing', 'Tom', UTC_TIMESTAMP() + INTERVAL 1 DAY, 60, 1, UTC_TIMESTAMP())"
    )
    sign_up(client, "Anna")
    assert client.get("/api/courses").json[0]["place"] == ""
