import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.logs import JsonFormatter
from app.photos import MOST_BYTES

CAFE = {"name": "Café Luise", "latitude": 52.5163, "longitude": 13.3777, "note": "cake"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(3000)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(3000)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(3000)


def add(client: TestClient, **fields: object) -> dict[str, object]:
    answer = client.post("/api/v1/places", json=CAFE | fields)
    assert answer.status_code == 201
    return answer.json()


def photos(client: TestClient, place: dict[str, object], body: bytes) -> str:
    answer = client.put(f"/api/v1/places/{place['id']}/photo", content=body)
    assert answer.status_code == 200
    return answer.json()["photo"]


def test_health_says_what_it_looked_at(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "version": "v1-test",
        "database": "ok",
        "uploads": "ok",
        "cache": "off",
    }


def test_health_is_503_without_the_folder_of_photos(
    client: TestClient, environment: dict[str, str]
) -> None:
    Path(environment["UPLOADS_DIR"]).rmdir()
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["uploads"] == "error: PermissionError"


def test_every_answer_names_its_version(client: TestClient) -> None:
    assert client.get("/api/v1/version").json() == {"version": "v1-test"}
    assert client.get("/nowhere").headers["x-app-version"] == "v1-test"


def test_echo_gives_any_json_back(client: TestClient) -> None:
    assert client.post("/api/v1/echo", json=[1, {"a": None}]).json() == [1, {"a": None}]


def test_slow_refuses_more_than_ten_seconds(client: TestClient) -> None:
    assert client.get("/api/v1/slow?seconds=0").json()["slept"] == 0
    assert client.get("/api/v1/slow?seconds=11").status_code == 422


def test_places_are_kept_and_listed_newest_first(client: TestClient) -> None:
    first = add(client)
    second = add(client, name="Bench")
    assert [place["name"] for place in client.get("/api/v1/places").json()] == [
        "Bench",
        "Café Luise",
    ]
    assert client.get("/api/v1/places?limit=1&offset=1").json() == [first]
    assert client.get(f"/api/v1/places/{second['id']}").json() == second
    assert client.get("/api/v1/places/999").status_code == 404


@pytest.mark.parametrize("wrong", [{"latitude": 91}, {"longitude": -181}, {"name": ""}])
def test_nonsense_is_refused(client: TestClient, wrong: dict[str, object]) -> None:
    assert client.post("/api/v1/places", json=CAFE | wrong).status_code == 422


def test_nearby_is_a_circle_nearest_first(client: TestClient) -> None:
    add(client, name="far", latitude=52.5200, longitude=13.4050)
    add(client, name="here")
    add(client, name="corner", latitude=52.5163 + 0.0299, longitude=13.3777 + 0.049)
    answer = client.get("/api/v1/places/nearby?latitude=52.5163&longitude=13.3777&kilometres=3.4")
    assert [(place["name"], place["kilometres"]) for place in answer.json()] == [
        ("here", 0),
        ("far", 1.892),
    ]
    assert answer.headers["x-cache"] == "off"


def test_nearby_goes_across_the_date_line_and_the_pole(client: TestClient) -> None:
    add(client, name="Fiji", latitude=-17, longitude=179.9)
    add(client, name="north", latitude=89.9, longitude=0)
    line = client.get("/api/v1/places/nearby?latitude=-17&longitude=-179.9&kilometres=30")
    assert [place["name"] for place in line.json()] == ["Fiji"]
    pole = client.get("/api/v1/places/nearby?latitude=89.9&longitude=180&kilometres=30")
    assert [place["name"] for place in pole.json()] == ["north"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")],
)
def test_a_photo_is_given_back_and_may_be_kept(
    client: TestClient, body: bytes, media_type: str
) -> None:
    place = add(client)
    assert place["photo"] is None
    answer = client.get(f"/api/v1/photos/{photos(client, place, body)}")
    assert answer.content == body
    assert answer.headers["content-type"] == media_type
    assert "immutable" in answer.headers["cache-control"]


def test_a_new_photo_has_a_new_name_and_the_old_one_goes(
    client: TestClient, environment: dict[str, str]
) -> None:
    place = add(client)
    before, after = photos(client, place, JPEG), photos(client, place, JPEG)
    assert before != after
    assert client.get(f"/api/v1/photos/{before}").status_code == 404
    assert [file.name for file in Path(environment["UPLOADS_DIR"]).iterdir()] == [after]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<svg onload=alert(1)>", 415), (b"", 415), (JPEG[:4] + bytes(MOST_BYTES), 413)],
    ids=["another kind", "nothing", "too large"],
)
def test_what_is_no_photo_leaves_nothing(
    client: TestClient, environment: dict[str, str], body: bytes, status: int
) -> None:
    place = add(client)
    assert client.put(f"/api/v1/places/{place['id']}/photo", content=body).status_code == status
    assert client.put("/api/v1/places/999/photo", content=JPEG).status_code == 404
    assert not list(Path(environment["UPLOADS_DIR"]).iterdir())


def test_no_file_but_a_photo_is_given_out(client: TestClient) -> None:
    for name in ("..%2Floc8.db", ".hidden.part", "loc8.db"):
        assert client.get(f"/api/v1/photos/{name}").status_code in {404, 422}


def test_the_documentation_comes_from_here_alone(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text
    assert "<style" not in page.text
    for name in ("start.js", "swagger-ui-bundle.js", "swagger-ui.css"):
        assert f'"/docs/{name}"' in page.text
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/main.py").status_code == 422
    described = client.get("/openapi.json").json()["paths"]
    assert (
        "image/png" in described["/api/v1/places/{place_id}/photo"]["put"]["requestBody"]["content"]
    )


def test_logs_hold_no_queries_and_no_health_checks(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/api/v1/places?limit=7")
    client.get("/health")
    ours = [record for record in caplog.records if record.name.startswith("app.")]
    written = "\n".join(JsonFormatter().format(record) for record in ours)
    assert '"path": "/api/v1/places"' in written
    assert "limit=7" not in written
    assert "/health" not in written
