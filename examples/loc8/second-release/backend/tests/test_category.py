from conftest import Environment, alembic
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from test_api import add


def test_a_category_is_kept_and_asked_for(client: TestClient) -> None:
    food, none = add(client, category="Food"), add(client)
    assert (food["category"], none["category"]) == ("Food", None)
    assert client.get("/api/v1/places?category=Food").json() == [food]
    assert client.get("/api/v1/places?category=Sleep").json() == []
    near = client.get("/api/v1/places/nearby?latitude=52.5163&longitude=13.3777").json()
    assert [place["category"] for place in near] == ["Food", None]


def test_an_empty_category_is_refused(client: TestClient) -> None:
    place = {"name": "x", "latitude": 0, "longitude": 0, "category": ""}
    assert client.post("/api/v1/places", json=place).status_code == 422


def test_places_of_before_stay_and_old_code_still_writes(environment: Environment) -> None:
    old = text(
        "INSERT INTO places (name, latitude, longitude, note, created_at)"
        " VALUES (:name, 1, 2, '', '2025-05-01 00:00:00')"
    )
    engine = create_engine(environment["DATABASE_URL"])
    alembic(environment, "upgrade", "0001", check=True)
    with engine.begin() as connection:
        connection.execute(old, {"name": "before"})
    alembic(environment, "upgrade", "head", check=True)
    with engine.begin() as connection:
        connection.execute(old, {"name": "after"})
        found = connection.execute(text("SELECT name, category FROM places ORDER BY id")).all()
    engine.dispose()
    assert found == [("before", None), ("after", None)]


def test_the_column_can_go_again(migrated: Environment) -> None:
    alembic(migrated, "downgrade", "0001", check=True)
    alembic(migrated, "upgrade", "head", check=True)
