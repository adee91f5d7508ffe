"""Run migrations: one transaction each, one process at a time, and never a long lock.

Old code keeps serving while a migration runs and for a while after, so each revision must suit
both: expand first, contract in a later release.
"""

from alembic import context
from sqlalchemy import Connection, text

from app.broken import HalfMigration
from app.database import get_engine
from app.logs import configure_logs
from app.models import Base
from app.settings import get_settings

ONE_AT_A_TIME = 7_207_011  # any number, as long as it is this app's own


def guard(connection: Connection) -> None:
    """Wait for another migration, and rather fail than hold up the app's own queries."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET lock_timeout = '30s'"))
        connection.execute(text(f"SELECT pg_advisory_lock({ONE_AT_A_TIME})"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()


def migrate() -> None:
    half = HalfMigration(get_settings().broken)
    with get_engine().connect() as connection:
        guard(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            render_as_batch=True,
            compare_type=True,
            on_version_apply=half.on_version_apply,
        )
        with context.begin_transaction():
            context.run_migrations()
        half.fail()


configure_logs(get_settings().log_level)
migrate()
