"""What Chroma holds comes back as it was: its database and its index, of one moment."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from backups_come_back.shop import KEY, Shop, make_shop
from workspace import CHECKOUT

from deploy.sandbox import Sandbox
from deploy.wiring.sandbox import start_sandbox

ASK = """
import json, sys, urllib.request
base = "http://index:8000/api/v2/tenants/default_tenant/databases/default_database/collections"
def ask(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(base + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or "null")
def vector(n):
    return [((n * 7919 + i * 104729) % 1000) / 1000 for i in range(32)]
"""
ADD = """
made = ask("", {"name": "notes", "get_or_create": True})["id"]
for begin in range(0, 5000, 500):
    numbers = range(begin, begin + 500)
    ask(f"/{made}/add", {
        "ids": [f"note {n}" for n in numbers], "embeddings": [vector(n) for n in numbers],
        "documents": [f"text of “{n}”" for n in numbers], "metadatas": [{"n": n} for n in numbers],
    })
"""
FOUND = """
notes = ask("/notes")["id"]
near = ask(f"/{notes}/query", {"query_embeddings": [vector(17), vector(4321)], "n_results": 10})
print(json.dumps({"count": ask(f"/{notes}/count"), "near": [near["ids"], near["documents"]]}))
"""
RUIN = """
notes = ask("/notes")["id"]
ask(f"/{notes}/delete", {"where": {"n": {"$lt": 4900}}})
ask("", {"name": "since_then"})
"""


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    start_sandbox(CHECKOUT, print, ["chroma"])
    found = make_shop(sandbox, tmp_path_factory.mktemp("library") / "checkout", app="library")
    found.python(ASK + ADD)
    yield found
    found.close()


def content(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.python(ASK + FOUND))
    return found


@pytest.mark.thorough
def test_it_comes_back_and_what_was_there_before_too(shop: Shop) -> None:
    before = content(shop)
    assert before["count"] == 5000
    shop.backup()
    shop.python(ASK + RUIN)
    ruined = content(shop)
    assert ruined["count"] == 100

    ended = shop.inv("backup.drill", "--key", KEY)
    assert ended.code == 0, ended.all
    ended = shop.restore()
    assert ended.code == 0, ended.all
    assert content(shop) == before
    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert content(shop) == ruined
    shop.assert_tidy()
