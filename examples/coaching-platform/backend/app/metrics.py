"""What /metrics counts: how many requests were answered, how, and how soon."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import Counter, Histogram
from starlette.types import Scope

REQUESTS = Counter("http_requests", "Requests that were answered.", ["method", "path", "status"])
SECONDS = Histogram("http_request_duration_seconds", "Time to answer.", ["method", "path"])
OWN_PATHS = frozenset(["/health", "/metrics"])  # asked by machines: neither logged nor counted
METHODS = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])


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
