"""Notes are found by Chroma and the stand-in, which orders by shared words."""

import asyncio
import os
import subprocess
import sys
import urllib.request

import pytest
from conftest import BACKEND, CHROMA_COLLECTIONS, add_client, sign_up, wait_until
from fastapi.testclient import TestClient
from redis import Redis
from sqlalchemy import create_engine, text

from app.settings import get_settings

KNEE = "After the long run the left knee hurts, mostly on stairs."
SLEEP = "Sleeps badly before important meetings, wakes at four."
PROMOTION = "Wants the promotion to team lead and practises the talk."


def write(client: TestClient, person: int, *texts: str) -> None:
    for words in texts:
        answer = client.post(f"/api/v1/clients/{person}/notes", json={"text": words})
        assert answer.status_code == 201


def found(client: TestClient, query: str) -> list[str]:
    answer = client.get("/api/v1/search", params={"q": query})
    assert answer.status_code == 200, answer.text
    return [one["note"]["text"] for one in answer.json()]


def test_the_nearest_note_comes_first(client: TestClient) -> None:
    sign_up(client)
    write(client, add_client(client), KNEE, SLEEP, PROMOTION, "The run before the meetings.")
    wait_until(lambda: len(found(client, "knee sleeps promotion")) == 3)
    assert found(client, "the knee hurts after a run")[0] == KNEE
    assert found(client, "the promotion to team lead")[0] == PROMOTION
    assert found(client, "nothing shared whatsoever") == []
    scores = [one["score"] for one in client.get("/api/v1/search?q=knee hurts run").json()]
    assert scores == sorted(scores, reverse=True)


def test_a_coach_finds_only_their_own_notes(client: TestClient) -> None:
    sign_up(client)
    write(client, add_client(client), KNEE)
    wait_until(lambda: found(client, "knee") == [KNEE])
    sign_up(client, "carl@example.com")
    assert found(client, "knee") == []


def test_an_answer_quotes_its_sources_and_is_kept(client: TestClient) -> None:
    sign_up(client)
    write(client, add_client(client, "Ben"), KNEE, SLEEP)
    wait_until(lambda: len(found(client, "knee sleeps")) == 2)
    question = {"question": "What about the knee of Ben?"}
    first = client.post("/api/v1/ask", json=question).json()
    assert "stand-in" in first["answer"]
    assert KNEE in first["answer"]
    assert [one["client"] for one in first["sources"]] == ["Ben"]
    assert not first["cached"]
    again = client.post("/api/v1/ask", json=question).json()
    assert again == first | {"cached": True}


def test_a_new_note_makes_an_old_answer_void(client: TestClient) -> None:
    sign_up(client)
    person = add_client(client)
    write(client, person, KNEE)
    wait_until(lambda: found(client, "knee") == [KNEE])
    question = {"question": "How is the knee?"}
    client.post("/api/v1/ask", json=question)
    write(client, person, "The knee is well again.")
    wait_until(lambda: len(found(client, "knee")) == 2)
    later = client.post("/api/v1/ask", json=question).json()
    assert not later["cached"]
    assert "well again" in later["answer"]


def test_without_a_note_nobody_is_asked(client: TestClient) -> None:
    sign_up(client)
    answer = client.post("/api/v1/ask", json={"question": "How is the knee?"}).json()
    assert (answer["answer"], answer["sources"]) == ("No note says anything about that.", [])


def test_notes_wait_while_ollama_is_away(
    migrated: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setitem(migrated, "OLLAMA_URL", "http://127.0.0.1:9")
    client: TestClient = request.getfixturevalue("client")
    sign_up(client)
    write(client, add_client(client), KNEE)
    away = client.get("/api/v1/search?q=knee")
    assert away.status_code == 503
    assert away.headers["retry-after"] == "5"
    assert "away" in away.json()["detail"]
    assert client.get("/api/v1/clients").status_code == 200


def test_an_answer_that_takes_too_long_is_not_waited_for(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> str:
        await asyncio.sleep(60)
        return ""

    sign_up(client)
    write(client, add_client(client), KNEE)
    wait_until(lambda: found(client, "knee") == [KNEE])
    monkeypatch.setattr("app.remote.Ollama.generate", never)
    monkeypatch.setenv("ANSWER_SECONDS", "1")
    get_settings.cache_clear()
    answer = client.post("/api/v1/ask", json={"question": "How is the knee?"})
    assert answer.status_code == 503


def test_a_lost_index_is_made_anew_from_the_notes(
    client: TestClient, migrated: dict[str, str]
) -> None:
    sign_up(client)
    write(client, add_client(client), KNEE, SLEEP)
    wait_until(lambda: len(found(client, "knee sleeps")) == 2)
    name = get_settings().chroma_collection
    url = f"{os.environ['TEST_CHROMA_URL']}/{CHROMA_COLLECTIONS}/{name}"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=10).close()
    assert found(client, "knee") == []
    command = [sys.executable, "-m", "app.indexing"]
    subprocess.run(command, cwd=BACKEND, env=migrated, check=True, timeout=60)
    wait_until(lambda: found(client, "knee") == [KNEE])


def test_a_vector_without_its_note_is_left_out(
    client: TestClient, migrated: dict[str, str]
) -> None:
    sign_up(client)
    write(client, add_client(client), KNEE, "knee")
    wait_until(lambda: len(found(client, "knee")) == 2)
    engine = create_engine(migrated["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM notes WHERE text = 'knee'"))
    engine.dispose()
    assert found(client, "knee") == [KNEE]


def test_sessions_and_answers_expire(client: TestClient) -> None:
    sign_up(client)
    write(client, add_client(client), KNEE)
    wait_until(lambda: found(client, "knee") == [KNEE])
    client.post("/api/v1/ask", json={"question": "How is the knee?"})
    redis = Redis.from_url(get_settings().redis_url.get_secret_value())
    assert all(redis.ttl(key) > 0 for key in redis.keys("*"))
    redis.close()
