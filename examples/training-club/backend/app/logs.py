"""Logs as one JSON object a line. Bodies, headers and query strings are never logged."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


class JsonFormatter(logging.Formatter):
    """Write a record, and whatever stands in its `fields`, as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def to_stdout(level: str) -> dict[str, Any]:
    """Return the configuration of `logging` that sends everything to standard output."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            # It would have a handler of its own.
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            # It names each of its parts when it is imported.
            "alembic.runtime.plugins": {"level": "WARNING"},
        },
    }
