from conftest import alembic
from sqlalchemy import create_engine, inspect


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_up_down_and_up_again(environment: dict[str, str]) -> None:
    url = environment["DATABASE_URL"]
    alembic(environment, "upgrade", "head", check=True)
    assert tables(url) == {"coaches", "clients", "notes", "documents"}
    alembic(environment, "downgrade", "base", check=True)
    assert tables(url) == set()
    alembic(environment, "upgrade", "head", check=True)
    assert tables(url) == {"coaches", "clients", "notes", "documents"}


def test_models_and_migrations_agree(migrated: dict[str, str]) -> None:
    answer = alembic(migrated, "check")
    assert answer.returncode == 0, answer.stdout + answer.stderr
