"""For each test: a Postgres database, an empty Redis, a collection of Chroma, and an Ollama."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from ports import free_port
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from app.main import create_app
from app.settings import get_settings

BACKEND = Path(__file__).resolve().parents[1]
STAND_IN = BACKEND.parent / "ollama-stand-in" / "server.py"
CHROMA_COLLECTIONS = "api/v2/tenants/default_tenant/databases/default_database/collections"
WHAT_FOR = {
    "TEST_DATABASE_URL": "a Postgres whose user may create databases",
    "TEST_REDIS_URL": "a database of a Redis that may be emptied",
    "TEST_CHROMA_URL": "a Chroma, in which collections come and go",
}


def needed(name: str) -> str:
    if not os.environ.get(name):
        pytest.fail(f"{name} is not set: these tests need {WHAT_FOR[name]}", pytrace=False)
    return os.environ[name]


def wait_until(good: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.05)


def on_the_server(statement: str) -> None:
    admin = create_engine(needed("TEST_DATABASE_URL"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@contextmanager
def database(template: str | None = None) -> Iterator[str]:
    """Give the URL of a database of its own, empty or a copy of the one at `template`."""
    name = f"test_{uuid.uuid4().hex}"
    source = make_url(template).database if template else "template1"
    on_the_server(f"CREATE DATABASE {name} TEMPLATE {source}")
    url = make_url(needed("TEST_DATABASE_URL")).set(database=name)
    yield url.render_as_string(hide_password=False)
    on_the_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database() -> Iterator[str]:
    with database() as url:
        yield url


@pytest.fixture(scope="session")
def ollama_url() -> Iterator[str]:
    """Run the stand-in as a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, STAND_IN, "serve", str(port)])
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(f"{url}/api/version"))
    yield url
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture
def environment(empty_database: str, ollama_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a process of this app; nothing is migrated yet."""
    collection = f"test-{uuid.uuid4().hex}"
    redis = Redis.from_url(needed("TEST_REDIS_URL"))
    chroma = needed("TEST_CHROMA_URL")
    yield os.environ | {
        "ENVIRONMENT": "development",
        "LOG_LEVEL": "INFO",
        "APP_VERSION": "v1-test",
        "DATABASE_URL": empty_database,
        "REDIS_URL": needed("TEST_REDIS_URL"),
        "CHROMA_URL": chroma,
        "CHROMA_COLLECTION": collection,
        "OLLAMA_URL": ollama_url,
        "SECRET_KEY": "a secret for tests that is long enough",
        "UPLOADS_FOLDER": str(tmp_path),
        "PYTHONPATH": str(BACKEND),
    }
    redis.flushdb()
    redis.close()
    drop = urllib.request.Request(f"{chroma}/{CHROMA_COLLECTIONS}/{collection}", method="DELETE")
    try:
        urllib.request.urlopen(drop, timeout=10).close()
    except urllib.error.HTTPError as error:  # a test that never searched has made none
        error.close()


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """Migrate one database; tests get copies of it."""
    with database() as url:
        settings = {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1", "SECRET_KEY": "-"}
        alembic(
            os.environ | settings | {"ENVIRONMENT": "development"}, "upgrade", "head", check=True
        )
        yield url


@pytest.fixture
def migrated(environment: dict[str, str], template: str) -> Iterator[dict[str, str]]:
    """Give the environment, with a database at the newest revision."""
    with database(template) as url:
        yield environment | {"DATABASE_URL": url}


@pytest.fixture
def client(migrated: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Give a client of the app, which runs in this process."""
    for name, value in migrated.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with TestClient(create_app()) as test_client:
        yield test_client
    get_settings.cache_clear()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def alembic(
    environment: dict[str, str], *arguments: str, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run Alembic as the deployment does: as a command of its own."""
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=BACKEND,
        env=environment,
        check=check,
        capture_output=True,
        text=True,
        timeout=60,
    )


def sign_up(client: TestClient, email: str = "anna@example.com") -> None:
    """Make a coach, whose cookie the client then carries."""
    credentials = {"email": email, "password": "correct horse"}
    assert client.post("/api/v1/auth/signup", json=credentials).status_code == 201
    assert client.post("/api/v1/auth/login", json=credentials).status_code == 200


def add_client(client: TestClient, name: str = "Ben") -> int:
    number: int = client.post("/api/v1/clients", json={"name": name}).json()["id"]
    return number
