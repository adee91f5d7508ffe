from collections.abc import Callable

from fastapi.testclient import TestClient
from redis import Redis
from test_api import CAFE, JPEG, add, photos

HERE = "/api/v1/places/nearby?latitude=52.5163&longitude=13.3777"

Start = Callable[..., TestClient]


def ask(client: TestClient) -> tuple[str, list[str | None]]:
    answer = client.get(HERE)
    assert answer.status_code == 200
    return answer.headers["x-cache"], [place["photo"] for place in answer.json()]


def test_an_answer_is_kept_until_a_place_changes(start: Start, redis_url: str) -> None:
    client = start(REDIS_URL=redis_url)
    assert client.get("/health").json()["cache"] == "ok"
    place = add(client)
    assert ask(client) == ("miss", [None])
    assert ask(client) == ("hit", [None])
    photo = photos(client, place, JPEG)
    assert ask(client) == ("miss", [photo])
    add(client)
    assert ask(client) == ("miss", [photo, None])


def test_an_answer_ends_by_itself(start: Start, redis_url: str) -> None:
    ask(start(REDIS_URL=redis_url, CACHE_SECONDS="7"))
    with Redis.from_url(redis_url) as redis:
        (key,) = redis.keys("loc8:v1-test:*")
        assert 0 < redis.ttl(key) <= 7


def test_one_release_does_not_read_answers_of_another(start: Start, redis_url: str) -> None:
    old = start(REDIS_URL=redis_url)
    assert ask(old)[0] == "miss"
    assert ask(old)[0] == "hit"
    assert ask(start(REDIS_URL=redis_url, APP_VERSION="v2-test"))[0] == "miss"


def test_without_its_cache_it_serves_on(start: Start) -> None:
    client = start(REDIS_URL="redis://127.0.0.1:1/0")
    assert client.post("/api/v1/places", json=CAFE).status_code == 201
    assert ask(client) == ("unreachable", [None])
    health = client.get("/health")
    assert health.status_code == 200
    assert health.json()["cache"] == "error: ConnectionError"
