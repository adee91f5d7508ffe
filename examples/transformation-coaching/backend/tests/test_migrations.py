from conftest import alembic
from sqlalchemy import create_engine, inspect, text


def columns(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return {column["name"] for column in inspect(engine).get_columns("workouts")}
    finally:
        engine.dispose()


def test_up_down_and_up_again(environment: dict[str, str]) -> None:
    url = environment["DATABASE_URL"]
    alembic(environment, "upgrade", "head", check=True)
    assert "notes" in columns(url)
    alembic(environment, "downgrade", "0001", check=True)
    assert "notes" not in columns(url)
    alembic(environment, "downgrade", "base", check=True)
    alembic(environment, "upgrade", "head", check=True)
    assert "notes" in columns(url)


def test_models_and_migrations_agree(migrated: dict[str, str]) -> None:
    answer = alembic(migrated, "check")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_code_from_before_the_expansion_can_still_write(environment: dict[str, str]) -> None:
    alembic(environment, "upgrade", "head", check=True)
    engine = create_engine(environment["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO users VALUES (1, 'a@example.com', 'x', '2025-05-01 00:00:00')")
        )
        connection.execute(
            text(
                "INSERT INTO workouts (user_id, title, minutes, done_on, created_at)"
                " VALUES (1, 'Run', 30, '2025-05-01', '2025-05-01 00:00:00')"
            )
        )
        assert connection.scalar(text("SELECT notes FROM workouts")) == ""
    engine.dispose()


def test_a_broken_migration_stops_half_way(environment: dict[str, str]) -> None:
    answer = alembic(environment | {"BROKEN": "migration"}, "upgrade", "head")
    assert answer.returncode == 1
    assert "fails half-way on purpose" in answer.stderr
    assert "0001" in alembic(environment, "current").stdout
    if environment["DATABASE_URL"].startswith("postgresql"):  # SQLite's DDL has no transactions
        assert "notes" not in columns(environment["DATABASE_URL"])


def test_a_broken_migration_fails_with_nothing_to_do_too(migrated: dict[str, str]) -> None:
    assert alembic(migrated | {"BROKEN": "migration"}, "upgrade", "head").returncode == 1
