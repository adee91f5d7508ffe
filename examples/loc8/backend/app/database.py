"""The store: a SQLite file that all replicas of one host share, or Postgres."""

from functools import cache

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from app.settings import get_settings

BUSY_SECONDS = 10
CONNECT_SECONDS = 2
DEAD_PEER_MILLISECONDS = 3000


@cache
def get_engine() -> Engine:
    """Return the engine of this process; it connects on first use, so after gunicorn's fork."""
    url = make_url(get_settings().database_url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        # The file is in WAL mode (migrations/env.py): readers and the one writer do not wait for
        # each other. Who writes says so first (IMMEDIATE) and waits for its turn; a transaction
        # that turns from reading to writing would be refused at once.
        waiting = {"timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"}
        return create_engine(url, connect_args=waiting)
    return create_engine(
        url,
        # Three replicas, four workers each, old and new side by side: 72 of Postgres' 100.
        pool_size=3,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": DEAD_PEER_MILLISECONDS,
            "application_name": "loc8",
        },
    )


def open_session() -> Session:
    """Return a session for a `with`: what is not committed in it is rolled back."""
    return Session(get_engine(), expire_on_commit=False)


def ping() -> None:
    """Make the database answer; raise when it does not."""
    engine = get_engine()
    # SQLite answers SELECT 1 without a look at its file.
    question = "PRAGMA schema_version" if engine.dialect.name == "sqlite" else "SELECT 1"
    with engine.connect() as connection:
        connection.execute(text(question))
