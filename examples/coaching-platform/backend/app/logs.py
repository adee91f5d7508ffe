"""Logs as one JSON object a line. Bodies, headers and query strings are never logged."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

CHATTY = ("httpx2", "httpcore2")  # a line for each request to Ollama and Chroma, and more at DEBUG


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


def configure_logs(level: str) -> None:
    """Send everything to standard output through the formatter."""
    logging.config.dictConfig(
        {
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
            "loggers": {name: {"level": "WARNING"} for name in CHATTY},
        }
    )
