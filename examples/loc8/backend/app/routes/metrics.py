"""What Prometheus reads: how many requests were answered, how, and how soon.

nginx answers 404 for this path; Prometheus asks each replica directly, on the internal network.
Any worker answers for all: gunicorn.conf.py says where they count.
"""

import os

from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import iter_route_contexts
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import Scope

REQUESTS = Counter("http_requests", "Requests that were answered.", ["method", "path", "status"])
SECONDS = Histogram("http_request_duration_seconds", "Time to answer.", ["method", "path"])
OWN_PATHS = frozenset(["/health", "/metrics"])  # asked by machines: neither logged nor counted
METHODS = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics() -> Response:
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def watch(app: FastAPI) -> None:
    """Learn the routes of `app`, which has them all by now: requests are counted by them."""
    app.state.paths = {}
    for route in iter_route_contexts(app.routes):
        app.state.paths[route.endpoint] = route.path
        for method in () if route.path in OWN_PATHS else route.methods or ():
            REQUESTS.labels(method, route.path, "500")  # from 0 on: the first is then one more


def count(scope: Scope, status: int, seconds: float) -> None:
    """Count one request by the template of its route: a client invents no new label."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    path = scope["app"].state.paths.get(scope.get("endpoint"), "none")
    REQUESTS.labels(method, path, str(status)).inc()
    SECONDS.labels(method, path).observe(seconds)
