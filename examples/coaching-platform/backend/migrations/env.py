"""Run migrations: one transaction each, one process at a time, and never a long lock.

Old code keeps serving while a migration runs and for a while after, so each revision must suit
both: expand first, contract in a later release.
"""

from alembic import context
from sqlalchemy import create_engine, text

from app.logs import configure_logs
from app.models import Base
from app.settings import get_settings

ONE_AT_A_TIME = 7_207_012  # any number, as long as it is this app's own


def migrate() -> None:
    engine = create_engine(get_settings().database_url.get_secret_value())
    with engine.connect() as connection:
        # Wait for another migration, and rather fail than hold up the app's own queries.
        connection.execute(text("SET lock_timeout = '30s'"))
        connection.execute(text(f"SELECT pg_advisory_lock({ONE_AT_A_TIME})"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


configure_logs(get_settings().log_level)
migrate()
