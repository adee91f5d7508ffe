"""Whether this process can serve: it answers, and MySQL and Redis answer it."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, current_app
from sqlalchemy import NullPool, create_engine, text

from app import memory
from app.settings import Settings

SECONDS = 1  # for a connection, and for an answer

api = Blueprint("health", __name__, url_prefix="/api")
log = logging.getLogger("app.health")


def init_app(app: Flask, settings: Settings) -> None:
    """Give health checks connections of their own: they must not queue behind slow requests."""
    limits = {"connect_timeout": SECONDS, "read_timeout": SECONDS, "write_timeout": SECONDS}
    engine = create_engine(settings.database_url, poolclass=NullPool, connect_args=limits)
    redis = memory.connect(settings.redis_url, seconds=SECONDS, retries=0)

    def ask_database() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    app.extensions["health"] = {"database": ask_database, "redis": redis.ping}
    app.register_blueprint(api)


@api.get("/health")
def health() -> tuple[dict[str, Any], int]:
    asked = {name: _ask(probe) for name, probe in current_app.extensions["health"].items()}
    healthy = set(asked.values()) == {"ok"}
    if not healthy:
        log.warning("unhealthy: %s", ", ".join(f"{name} {said}" for name, said in asked.items()))
    body = {
        "status": "healthy" if healthy else "unhealthy",
        "version": current_app.config["APP_VERSION"],
        "timestamp": datetime.now(UTC).isoformat(),
        **asked,
    }
    return body, 200 if healthy else 503


def _ask(probe: Callable[[], object]) -> str:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means unhealthy
        return f"error: {type(error).__name__}"
    return "ok"
