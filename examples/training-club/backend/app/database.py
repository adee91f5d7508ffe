"""MySQL or MariaDB through one driver."""

from typing import Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Every constraint has a name, the same on MySQL and MariaDB."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate()


def engine_options() -> dict[str, Any]:
    """Return the options of each worker's pool: no request waits long for a lost database."""
    return {
        # REPEATABLE READ would count the bookings of a locked course as they were before.
        "isolation_level": "READ COMMITTED",
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "pool_recycle": 3600,  # the server closes what was idle for eight hours
        "connect_args": {"connect_timeout": 2, "read_timeout": 10, "write_timeout": 10},
    }
