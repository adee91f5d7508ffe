"""For each test a migrated database and an empty Redis, on servers that the environment names."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import NullPool, create_engine, inspect, make_url, text

from app.main import create_app

BACKEND = Path(__file__).resolve().parents[1]
DEADLINE = 20


def needed(name: str, example: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set. Name a server for tests, such as {example}", returncode=2)
    return value


@dataclass(frozen=True)
class Server:
    """A MySQL or MariaDB, through the account that TEST_DATABASE_URL names."""

    url: str

    def run(self, *statements: str) -> None:
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


@dataclass(frozen=True)
class Database:
    """A database with an owner of its own, who may do nothing elsewhere: as in production."""

    server: Server
    name: str
    password: str = "letters and digits"

    @property
    def url(self) -> str:
        owned = make_url(self.server.url).set(
            username=self.name, password=self.password, database=self.name
        )
        return owned.render_as_string(hide_password=False)

    def create(self) -> None:
        self.server.run(
            f"CREATE DATABASE {self.name}",
            f"CREATE USER {self.name}@'%' IDENTIFIED BY '{self.password}'",
            f"GRANT ALL ON {self.name}.* TO {self.name}@'%'",
        )

    def drop(self) -> None:
        self.server.run(f"DROP DATABASE {self.name}", f"DROP USER {self.name}@'%'")

    def run(self, *statements: str) -> None:
        Server(self.url).run(*statements)

    def columns(self, table: str) -> set[str]:
        engine = create_engine(self.url, poolclass=NullPool)
        return {column["name"] for column in inspect(engine).get_columns(table)}

    def empty(self) -> None:
        self.run("DELETE FROM bookings", "DELETE FROM courses", "DELETE FROM members")


@pytest.fixture(scope="session")
def database_server() -> Server:
    return Server(needed("TEST_DATABASE_URL", "mysql+pymysql://root@127.0.0.1:3306"))


@pytest.fixture
def new_database(database_server: Server) -> Iterator[Database]:
    """Give a database without tables."""
    database = Database(database_server, f"test_{uuid.uuid4().hex[:12]}")
    database.create()
    yield database
    database.drop()


@pytest.fixture(scope="session")
def migrated(
    database_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Migrate one database for all tests."""
    database = Database(database_server, f"test_{uuid.uuid4().hex[:12]}")
    database.create()
    environment = environment_of(database, tmp_path_factory.mktemp("none"))
    answer = flask(environment, "db", "upgrade")
    assert answer.returncode == 0, answer.stderr
    yield database
    database.drop()


@pytest.fixture
def environment(migrated: Database, tmp_path: Path) -> dict[str, str]:
    """Give the environment of a process of this app: a database without rows, an empty Redis."""
    migrated.empty()
    with Redis.from_url(redis_url()) as redis:
        redis.flushdb()
    return environment_of(migrated, tmp_path)


@pytest.fixture
def app(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    application = create_app()
    yield application
    with application.app_context():
        application.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def redis_url() -> str:
    return needed("TEST_REDIS_URL", "redis://127.0.0.1:6379/15. That database is emptied")


def environment_of(database: Database, uploads: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database.url,
        "REDIS_URL": redis_url(),
        "UPLOADS_DIR": str(uploads),
        "TMPDIR": str(uploads),  # a gunicorn that is killed leaves its counts there
        "SECURE_COOKIES": "false",
        "APP_VERSION": "v1-test",
        "FLASK_APP": "app.main",
    }


def flask(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Flask as the deployment does: as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=BACKEND,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def sign_up(client: FlaskClient, name: str) -> dict[str, str]:
    """Make a member and log in as that one."""
    who = {"email": f"{name.lower()}@example.com", "password": "correct horse"}
    assert client.post("/api/members", json=who | {"name": name}).status_code == 201
    assert client.post("/api/login", json=who).status_code == 200
    return who


def wait_until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the deadline has passed"
        time.sleep(0.02)
