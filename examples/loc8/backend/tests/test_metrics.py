import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi.testclient import TestClient
from test_serving import Served, server, wait_until

__all__ = ["server"]  # the fixture

Labels = tuple[str, str, str]


def counted(text: str) -> dict[Labels, float]:
    labels = r'method="(\w+)",path="([^"]+)",status="(\d+)"'
    found = re.findall(rf"^http_requests_total\{{{labels}\}} (\S+)$", text, re.MULTILINE)
    return {(method, path, status): float(value) for method, path, status, value in found}


def test_requests_are_counted_by_method_route_and_status(client: TestClient) -> None:
    before = counted(client.get("/metrics").text)
    client.get("/api/v1/version")
    client.get("/api/v1/places/7")
    client.get("/api/v1/nothing")
    client.request("BREW", "/api/v1/version")
    client.get("/health")
    after = counted(client.get("/metrics").text)

    more = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    assert more == {
        ("GET", "/api/v1/version", "200"): 1,
        ("GET", "/api/v1/places/{place_id}", "404"): 1,
        ("GET", "none", "404"): 1,
        ("other", "/api/v1/version", "405"): 1,
    }
    assert ("POST", "/api/v1/places", "500") in after


def test_any_worker_answers_for_all_also_for_those_that_ended(server: Served) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(server.ask, ["/api/v1/version"] * 100))
    assert {answered(server) for _ in range(20)} == {100}

    before = workers(server)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: before[0] not in workers(server) and len(workers(server)) == len(before))
    wait_until(lambda: server.ask("/api/v1/version")[0] == 200)
    assert {answered(server) for _ in range(20)} == {101}


def answered(server: Served) -> float:
    text = server.ask("/metrics")[1].decode()
    took = 'http_request_duration_seconds_count{method="GET",path="/api/v1/version"}'
    found = counted(text)["GET", "/api/v1/version", "200"]
    assert f"{took} {found}" in text
    return found


def workers(server: Served) -> list[int]:
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
