"""Run migrations on SQLite or Postgres: all of them in one transaction, one process at a time.

Old code keeps serving while a migration runs and for a while after, so each revision must suit
both: expand first, contract in a later release.
"""

import logging.config

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, event, text

from app.database import BUSY_SECONDS, get_engine
from app.logs import configuration
from app.models import Base
from app.settings import get_settings

ONE_AT_A_TIME = 7_207_083  # any number, as long as it is this app's own


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,  # Alembic believes that SQLite cannot; its driver is what cannot
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = '30s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
            # Rather fail than hold up the app's own queries behind a lock.
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


def sqlite_engine() -> Engine:
    """Return an engine that turns the file to WAL, which it remembers, and then writes alone."""
    engine = create_engine(
        get_engine().url,
        # No transactions of the driver's own: it would commit before each CREATE and ALTER.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA journal_mode = WAL"))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


logging.config.dictConfig(configuration(get_settings().log_level))
engine = sqlite_engine() if get_engine().dialect.name == "sqlite" else get_engine()
with engine.connect() as connection:
    migrate(connection)
