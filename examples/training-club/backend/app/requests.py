"""Around every request: who answered, a count, a line of log, errors as JSON.

Machines ask for /api/health and /metrics all the time: those are neither counted nor logged.
"""

import logging
import time
from typing import Any, TypeVar

import msgspec
from flask import Flask, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from app.metrics import OWN_PATHS, count

log = logging.getLogger("app.requests")
Body = TypeVar("Body")


def init_app(app: Flask, version: str) -> None:
    """Wrap the app's requests."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-App-Version"] = version
        if request.path not in OWN_PATHS:
            seconds = time.perf_counter() - g.started
            count(response.status_code, seconds)
            fields = {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "client": request.remote_addr,
            }
            log.info("request", extra={"fields": fields})
        return response

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> tuple[dict[str, Any], int]:
        return {"detail": error.description}, error.code or 500


def body_as(kind: type[Body]) -> Body:
    """Return the request's JSON as a `kind`, or answer what is wrong with it.

    Only JSON: a form of another site cannot send it, and so cannot act as a member.
    """
    if not request.is_json:
        abort(415, "send JSON, with Content-Type: application/json")
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.ValidationError as error:
        abort(422, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError):
        abort(400, "this is not JSON")
