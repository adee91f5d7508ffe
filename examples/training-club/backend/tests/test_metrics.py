import re
from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient
from test_serving import Served, server

__all__ = ["server"]  # the fixture

Labels = tuple[str, str, str]


def counted(text: str) -> dict[Labels, float]:
    labels = r'method="(\w+)",path="([^"]+)",status="(\d+)"'
    found = re.findall(rf"^http_requests_total\{{{labels}\}} (\S+)$", text, re.MULTILINE)
    return {(method, path, status): float(value) for method, path, status, value in found}


def test_requests_are_counted_by_method_route_and_status(client: FlaskClient) -> None:
    before = counted(client.get("/metrics").text)
    client.get("/api/version")
    client.put("/api/courses/7/booking")
    client.get("/api/nothing")
    client.open("/api/version", method="BREW")
    client.get("/api/health")
    after = counted(client.get("/metrics").text)

    more = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    assert more == {
        ("GET", "/api/version", "200"): 1,
        ("PUT", "/api/courses/<int:course_id>/booking", "401"): 1,
        ("GET", "none", "404"): 1,
        ("other", "none", "405"): 1,
    }
    assert ("POST", "/api/courses", "500") in after


def test_any_worker_answers_for_all(server: Served) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(server.ask, ["/api/version"] * 100))

    took = 'http_request_duration_seconds_count{method="GET",path="/api/version"} 100.0'
    for _ in range(20):
        text = server.ask("/metrics").body.decode()
        assert counted(text)["GET", "/api/version", "200"] == 100
        assert took in text
