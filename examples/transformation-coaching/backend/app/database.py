"""The database: one engine, one session per request, and an honest health probe."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from app.settings import get_settings

CONNECT_SECONDS = 2
DEAD_PEER_MILLISECONDS = 3000


@cache
def get_engine() -> Engine:
    """Return the engine of this process; it connects on first use."""
    url = database_url()
    if url.get_backend_name() != "postgresql":
        return create_engine(url)
    return create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": DEAD_PEER_MILLISECONDS,
            "application_name": "transformation-coaching",
        },
    )


def database_url() -> URL:
    """Return where the database is, with the password of its file where there is one."""
    settings = get_settings()
    url = make_url(settings.database_url.get_secret_value())
    file = settings.database_password_file
    return url.set(password=file.read_text().strip()) if file else url


def get_session() -> Iterator[Session]:
    """Give one request its session; what it did not commit is rolled back."""
    with Session(get_engine()) as session:
        yield session


def ping() -> None:
    """Ask the database for a row; raise when it does not answer."""
    with get_engine().connect() as connection:
        connection.execute(text("SELECT 1"))


SessionDep = Annotated[Session, Depends(get_session)]
