"""Run migrations: one process at a time, and never a long lock.

Old code keeps serving while a migration runs and for a while after, so each revision must suit
both: expand first, contract in a later release.

MySQL and MariaDB commit each change of a table by itself. So a revision makes one change: it is
there or it is not, and whoever runs it again begins where the last one stopped.
"""

import logging.config

from alembic import context
from flask import current_app
from sqlalchemy import Connection, NullPool, create_engine, text

from app.logs import to_stdout

WAIT_SECONDS = 30


def guard(connection: Connection) -> None:
    """Wait for another migration, and rather fail than hold up the app's own queries."""
    lock = text("SELECT GET_LOCK(CONCAT(DATABASE(), '.migrations'), :seconds)")
    if connection.scalar(lock, {"seconds": WAIT_SECONDS}) != 1:
        raise SystemExit(f"another migration has not ended within {WAIT_SECONDS} s: try again")
    connection.execute(text("SET SESSION lock_wait_timeout = 5"))
    connection.commit()


def migrate() -> None:
    """Upgrade or downgrade, as Flask-Migrate was told."""
    extension = current_app.extensions["migrate"]
    # An engine of its own: a change of a large table takes longer than a request may.
    engine = create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    with engine.connect() as connection:
        guard(connection)
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadata,
            transaction_per_migration=True,
            **extension.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


logging.config.dictConfig(to_stdout("INFO"))
migrate()
