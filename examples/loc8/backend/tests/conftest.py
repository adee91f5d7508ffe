"""A migrated database for each test, of both kinds: a SQLite file, and a database in Postgres.

TEST_DATABASE_URL names a Postgres and TEST_REDIS_URL a Redis, both for tests alone.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from app.cache import get_cache
from app.database import get_engine
from app.main import create_app
from app.settings import get_settings

BACKEND = Path(__file__).resolve().parents[1]
KINDS = ("sqlite", "postgres")
CACHED = (get_settings, get_engine, get_cache)

Environment = dict[str, str]


def wanted(name: str, example: str) -> str:
    """Return a variable of the environment; without it the test fails, and says so."""
    if name not in os.environ:
        pytest.fail(f"{name} is not set: it names a server for tests, such as {example}")
    return os.environ[name]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a new and empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/loc8.db"
        return
    server = wanted("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> Environment:
    """Give the environment of a process of this app; nothing is migrated yet."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    return os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "UPLOADS_DIR": str(uploads),
        "TMPDIR": str(tmp_path),  # a gunicorn that is killed leaves its counts there
        "APP_VERSION": "v1-test",
        "PYTHONPATH": str(BACKEND),
    }


@pytest.fixture
def migrated(environment: Environment) -> Environment:
    alembic(environment, "upgrade", "head", check=True)
    return environment


@pytest.fixture
def redis_url() -> str:
    """Give the URL of a Redis that is empty."""
    url = wanted("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@pytest.fixture
def start(
    migrated: Environment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., TestClient]]:
    """Give what makes a client of the app, which runs in this process: `start(NAME="value")`."""

    def make(**more: str) -> TestClient:
        for name, value in (migrated | more).items():
            monkeypatch.setenv(name, value)
        forget()
        return stack.enter_context(TestClient(create_app()))

    with ExitStack() as stack:
        yield make
    forget()


def forget() -> None:
    """Let the app of this process read its environment anew."""
    get_engine().dispose()
    for function in CACHED:
        function.cache_clear()


@pytest.fixture
def client(start: Callable[..., TestClient]) -> TestClient:
    """Give a client of the app without Redis."""
    return start()


def alembic(
    environment: Environment, *arguments: str, check: bool = False
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
