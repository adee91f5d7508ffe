from conftest import add_client, sign_up
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

WRITTEN_BY_THE_FIRST_RELEASE = (
    "INSERT INTO coaches (id, email, password_hash, created_at) VALUES (1, 'a@b.c', 'x', now())",
    "INSERT INTO clients (id, coach_id, name, created_at) VALUES (1, 1, 'Ben', now())",
    "INSERT INTO notes (client_id, text, indexed_with, created_at) VALUES (1, 'x', NULL, now())",
)


def test_what_is_due_is_listed_the_most_urgent_first(client: TestClient) -> None:
    sign_up(client)
    person = add_client(client)
    for day in ("2025-05-02", "2025-05-01", "2025-06-01", None):
        note = {"text": f"come back on {day}", "follow_up_on": day}
        answer = client.post(f"/api/v1/clients/{person}/notes", json=note)
        assert answer.json()["follow_up_on"] == day
    due = client.get("/api/v1/follow-ups?until=2025-05-31").json()
    assert [note["follow_up_on"] for note in due] == ["2025-05-01", "2025-05-02"]
    assert len(client.get("/api/v1/follow-ups").json()) == 3


def test_a_coach_sees_only_their_own(client: TestClient) -> None:
    sign_up(client)
    note = {"text": "later", "follow_up_on": "2025-05-01"}
    client.post(f"/api/v1/clients/{add_client(client)}/notes", json=note)
    sign_up(client, "carl@example.com")
    assert client.get("/api/v1/follow-ups").json() == []


def test_code_from_before_the_expansion_can_still_write(migrated: dict[str, str]) -> None:
    engine = create_engine(migrated["DATABASE_URL"])
    with engine.begin() as connection:
        for statement in WRITTEN_BY_THE_FIRST_RELEASE:
            connection.execute(text(statement))
        assert connection.scalar(text("SELECT follow_up_on FROM notes")) is None
    engine.dispose()
