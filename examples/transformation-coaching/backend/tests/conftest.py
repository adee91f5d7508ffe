"""A migrated database for each test: Postgres when TEST_DATABASE_URL says where, else SQLite."""

import os
import shutil
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


class Databases:
    """Makes databases: in Postgres where TEST_DATABASE_URL points, else as SQLite files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = os.environ.get("TEST_DATABASE_URL")

    def create(self, template: str | None = None) -> str:
        """Return the URL of a new database, empty or a copy of the one at `template`."""
        name = f"test_{uuid.uuid4().hex}"
        if self.server is None:
            if template is not None:
                shutil.copy(make_url(template).database or "", self.folder / name)
            return f"sqlite:///{self.folder / name}"
        source = "template1" if template is None else make_url(template).database
        self._run(f"CREATE DATABASE {name} TEMPLATE {source}")
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove what `create` made."""
        if self.server is not None:
            self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        admin = create_engine(self.server or "", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(statement))
        admin.dispose()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> Iterator[str]:
    """Migrate one database; tests get copies of it."""
    url = databases.create()
    alembic(process_environment(url), "upgrade", "head", check=True)
    yield url
    databases.drop(url)


@pytest.fixture
def environment(databases: Databases) -> Iterator[dict[str, str]]:
    """Give the environment of a process of this app, with an empty database."""
    url = databases.create()
    yield process_environment(url)
    databases.drop(url)


@pytest.fixture
def migrated(databases: Databases, migrated_template: str) -> Iterator[dict[str, str]]:
    """Give the environment with a database at the newest revision."""
    url = databases.create(migrated_template)
    yield process_environment(url)
    databases.drop(url)


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


def process_environment(database_url: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret for tests that is long enough",
        "APP_VERSION": "v1-test",
        "PYTHONPATH": str(BACKEND),
    }


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
