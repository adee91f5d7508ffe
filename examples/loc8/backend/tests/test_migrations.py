import subprocess
import sys

from conftest import BACKEND, Environment, alembic
from sqlalchemy import create_engine, inspect, text


def tables(environment: Environment) -> set[str]:
    engine = create_engine(environment["DATABASE_URL"])
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_down_and_up_again(environment: Environment) -> None:
    alembic(environment, "upgrade", "head", check=True)
    assert tables(environment) == {"places", "alembic_version"}
    alembic(environment, "downgrade", "base", check=True)
    assert tables(environment) == {"alembic_version"}
    alembic(environment, "upgrade", "head", check=True)
    assert "places" in tables(environment)


def test_models_and_migrations_agree(migrated: Environment) -> None:
    answer = alembic(migrated, "check")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_two_at_the_same_time_are_one(environment: Environment) -> None:
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    both = [subprocess.Popen(command, cwd=BACKEND, env=environment) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert "places" in tables(environment)


def test_a_migration_that_fails_leaves_nothing(environment: Environment) -> None:
    # The index is the last step of the first revision, and its name is taken.
    engine = create_engine(environment["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE other (id INTEGER)"))
        connection.execute(text("CREATE INDEX ix_places_latitude ON other (id)"))
    engine.dispose()
    assert alembic(environment, "upgrade", "head").returncode == 1
    assert "places" not in tables(environment)


def test_a_sqlite_file_remembers_that_it_has_a_log(migrated: Environment) -> None:
    engine = create_engine(migrated["DATABASE_URL"])
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    engine.dispose()
