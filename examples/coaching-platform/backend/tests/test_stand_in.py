"""The stand-in answers as Ollama does, and never passes for it."""

import http.client
import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import STAND_IN
from ports import free_port


def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(method, path, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    said = answer.status, answer.headers["Content-Type"], answer.read().decode()
    connection.close()
    return said


def vectors(url: str, texts: str | list[str]) -> list[list[float]]:
    status, _, said = ask(url, "POST", "/api/embed", {"model": "nomic-embed-text", "input": texts})
    assert status == 200
    found: list[list[float]] = json.loads(said)["embeddings"]
    return found


def test_it_says_what_it_is(ollama_url: str) -> None:
    assert "stand-in" in ask(ollama_url, "GET", "/")[2]
    assert json.loads(ask(ollama_url, "GET", "/api/version")[2]) == {"version": "stand-in"}
    prompt = {"model": "llama3.2:1b", "prompt": "Why?", "stream": False}
    status, kind, said = ask(ollama_url, "POST", "/api/generate", prompt)
    assert (status, kind) == (200, "application/json")
    assert "stand-in" in json.loads(said)["response"]
    assert json.loads(said)["done"]


def test_unasked_an_answer_is_a_stream(ollama_url: str) -> None:
    prompt = {"model": "llama3.2:1b", "prompt": "Why?"}
    _, kind, said = ask(ollama_url, "POST", "/api/generate", prompt)
    assert kind == "application/x-ndjson"
    assert json.loads(said.splitlines()[-1])["done"]


def test_vectors_are_near_as_far_as_words_are_shared(ollama_url: str) -> None:
    knee, again, stairs, other = vectors(
        ollama_url, ["The knee hurts.", "the KNEE hurts!", "knee and stairs", "promotion talk"]
    )
    near = [sum(a * b for a, b in zip(knee, one, strict=True)) for one in (again, stairs, other)]
    assert near[0] == pytest.approx(1)
    assert 0 < near[1] < 1
    assert near[2] == 0
    (empty,) = vectors(ollama_url, "")
    assert sum(value * value for value in empty) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/embed", {"model": "unheard-of", "input": "x"}, 404),
        ("/api/embed", {"model": "nomic-embed-text"}, 400),
        ("/api/embed", ["no", "object"], 400),
        ("/api/chat", {"model": "llama3.2:1b"}, 404),
    ],
    ids=["no model", "no input", "no object", "no such path"],
)
def test_what_it_cannot_do_is_an_error(
    ollama_url: str, path: str, body: dict[str, Any] | list[str], status: int
) -> None:
    answered, _, said = ask(ollama_url, "POST", path, body)
    assert answered == status
    assert json.loads(said)["error"]


def test_its_health_check_asks_the_server(ollama_url: str) -> None:
    for port, code in ((urlsplit(ollama_url).port, 0), (free_port(), 1)):
        command = [sys.executable, STAND_IN, "list", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert ended.returncode == code
        assert ("nomic-embed-text" in ended.stdout) == (code == 0)
