from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conftest import Database, environment_of, flask, wait_until
from sqlalchemy import Connection, NullPool, create_engine, inspect, text


def test_up_down_and_up_again(new_database: Database, tmp_path: Path) -> None:
    environment = environment_of(new_database, tmp_path)
    for command in (("upgrade",), ("downgrade", "0004"), ("downgrade", "base"), ("upgrade",)):
        answer = flask(environment, "db", *command)
        assert answer.returncode == 0, answer.stderr
        assert "Running " in answer.stdout
        if command == ("downgrade", "0004"):
            assert "photo" not in new_database.columns("members")
    assert "photo" in new_database.columns("members")


def test_models_and_migrations_agree(environment: dict[str, str]) -> None:
    answer = flask(environment, "db", "check")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_code_from_before_the_photo_can_still_write(migrated: Database) -> None:
    migrated.empty()
    migrated.run(
        "INSERT INTO members (email, name, password_hash, created_at)"
        " VALUES ('a@example.com', 'Anna', 'x', '2025-05-01 00:00:00')"
    )


def test_a_second_migration_waits_for_the_first(new_database: Database, tmp_path: Path) -> None:
    environment = environment_of(new_database, tmp_path)
    engine = create_engine(new_database.url, poolclass=NullPool)

    def waits(connection: Connection) -> bool:
        running = connection.execute(text("SHOW PROCESSLIST")).mappings()
        return any("GET_LOCK" in (process["Info"] or "") for process in running)

    with engine.connect() as first, ThreadPoolExecutor(1) as second:
        lock = {"name": f"{new_database.name}.migrations"}
        first.execute(text("SELECT GET_LOCK(:name, 0)"), lock)
        migration = second.submit(flask, environment, "db", "upgrade")
        wait_until(lambda: waits(first))
        assert inspect(first).get_table_names() == []
        first.execute(text("SELECT RELEASE_LOCK(:name)"), lock)
        assert migration.result().returncode == 0
