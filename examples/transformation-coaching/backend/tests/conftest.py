"""A migrated database for each test: Postgres when TEST_DATABASE_URL says where, else SQLite."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text

from app.database import get_engine
from app.main import create_app
from app.settings import get_settings

BACKEND = Path(__file__).resolve().parents[1]


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """Give a new, empty database."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server is None:
        yield f"sqlite:///{tmp_path}/app.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    """Give the environment of a process of this app."""
    return os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret for tests that is long enough",
        "APP_VERSION": "v1-test",
        "PYTHONPATH": str(BACKEND),
    }


@pytest.fixture
def migrated(environment: dict[str, str]) -> dict[str, str]:
    """Give the same environment, its database at the newest revision."""
    alembic(environment, "upgrade", "head", check=True)
    return environment


@pytest.fixture
def client(migrated: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Give a client of the app, which runs in this process."""
    for name in ("DATABASE_URL", "SECRET_KEY", "APP_VERSION"):
        monkeypatch.setenv(name, migrated[name])
    get_settings.cache_clear()
    get_engine.cache_clear()
    with TestClient(create_app()) as test_client:
        yield test_client
    get_settings.cache_clear()
    get_engine.cache_clear()


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
