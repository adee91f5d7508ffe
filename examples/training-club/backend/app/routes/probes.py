"""What load tests use: each answer says which version gave it."""

import math
import time
from typing import Any

from flask import Blueprint, abort, current_app, request

MOST_SECONDS = 10

api = Blueprint("probes", __name__, url_prefix="/api")


@api.get("/version")
def version() -> dict[str, str]:
    return {"version": current_app.config["APP_VERSION"]}


@api.get("/slow")
def slow() -> dict[str, Any]:
    seconds = request.args.get("seconds", 5.0, type=float)
    if math.isnan(seconds) or not 0 <= seconds <= MOST_SECONDS:
        abort(422, f"seconds: from 0 to {MOST_SECONDS}")
    time.sleep(seconds)
    return {"version": current_app.config["APP_VERSION"], "slept": seconds}


@api.post("/echo")
def echo() -> dict[str, Any]:
    return {"version": current_app.config["APP_VERSION"], "body": request.get_json()}
