"""The coaching platform: Postgres, Redis, Chroma, and a stand-in for Ollama that says so."""

import hashlib
import json
from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System
from stage import wait_until

ANN = {"email": "ann@example.com", "password": "a long password"}
API = "/api/v1"
DOCUMENT = bytes(range(256)) * 999
BOUNDARY = "a-boundary"
PART = 'Content-Disposition: form-data; name="file"; filename="plan.bin"'
FORM = b"".join(
    (f"--{BOUNDARY}\r\n{PART}\r\n\r\n".encode(), DOCUMENT, f"\r\n--{BOUNDARY}--\r\n".encode())
)


@pytest.mark.thorough
class TestCoachingPlatform(Life):
    app = "coaching-platform"
    replicas = 3
    extras = ("chroma",)
    databases = ("postgres", "redis")

    def fill(self, system: System) -> None:
        system.done("POST", f"{API}/auth/signup", ANN)
        system.log_in(f"{API}/auth/login", ANN)
        client = system.done("POST", f"{API}/clients", {"name": "Bea"})["id"]
        for text in ("Bea runs in the morning", "Bea sleeps badly", "She swims on Sundays"):
            system.done("POST", f"{API}/clients/{client}/notes", {"text": text})
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        system.done("POST", f"{API}/clients/{client}/documents", raw=FORM, Content_Type=kind)
        wait_until(lambda: len(self.found(system)) == 1)

    def found(self, system: System) -> list[str]:
        """Return the notes that are near to a word: what Chroma holds."""
        return [one["note"]["text"] for one in system.done("GET", f"{API}/search?q=swims")]

    def content(self, system: System) -> Any:
        (client,) = system.done("GET", f"{API}/clients")
        notes = system.done("GET", f"{API}/clients/{client['id']}/notes")
        (document,) = system.done("GET", f"{API}/clients/{client['id']}/documents")
        data = system.ask("GET", f"{API}/documents/{document['id']}").body
        assert data == DOCUMENT
        texts = sorted((note["id"], note["text"]) for note in notes)
        return client["name"], texts, hashlib.sha256(data).hexdigest(), self.found(system)

    def use_second_release(self, system: System) -> None:
        (client,) = system.done("GET", f"{API}/clients")
        note = {"text": "Ask again", "follow_up_on": "2030-01-02"}
        made = system.done("POST", f"{API}/clients/{client['id']}/notes", note)
        assert made["follow_up_on"] == "2030-01-02"

    def ruin(self, system: System) -> None:
        system.inside("db", 'psql -U $POSTGRES_USER -d $POSTGRES_DB -c "drop table notes"')
        system.inside("redis", "redis-cli flushall")
        system.inside("backend", "rm -rf /uploads/*")

    def test_each_backend_has_its_limits(self, system: System) -> None:
        found = system.inspect("backend", "{{.HostConfig.NanoCpus}}|{{.HostConfig.Memory}}")
        assert found == ["500000000|1073741824"] * 3

    def test_the_health_module_checks_all_four(self, system: System) -> None:
        said = json.loads(system.inside("backend", "python -m app.health_check --direct"))
        assert said["status"] == "healthy"
        assert [said[name] for name in ("postgres", "redis", "chroma", "ollama")] == ["ok"] * 4

    def test_a_model_server_that_is_away_degrades_it_only(self, system: System) -> None:
        (ollama,) = system.replicas("ollama")
        system.on_server(f"docker stop {ollama}")
        wait_until(lambda: system.done("GET", "/health")["status"] == "degraded")
        assert system.ask("GET", "/health").status == 200
        system.on_server(f"docker start {ollama}")
        wait_until(lambda: system.done("GET", "/health")["status"] == "healthy")

    def test_metrics_are_for_inside(self, system: System) -> None:
        assert system.ask("GET", "/metrics").status == 404
        fetch = (
            "import urllib.request as r; print(r.urlopen('http://localhost:8000/metrics').read())"
        )
        assert "http_requests_total" in system.inside("backend", f'python -c "{fetch}"')

    def test_redis_appends_to_a_file(self, system: System) -> None:
        assert "yes" in system.inside("redis", "redis-cli config get appendonly")

    def test_logs_are_json(self, system: System) -> None:
        backend = system.replicas("backend")[0]
        lines = system.on_server(f"docker logs --tail 20 {backend} 2>&1").splitlines()
        assert lines
        assert all(isinstance(json.loads(line), dict) for line in lines)

    def test_ollama_says_what_it_is(self, system: System) -> None:
        answer = system.done("POST", f"{API}/ask", {"question": "Who swims on Sundays?"})
        assert "stand-in" in answer["answer"]
        assert "Sundays" in answer["answer"]
