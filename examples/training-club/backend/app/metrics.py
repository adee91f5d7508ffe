"""What Prometheus reads: how many requests were answered, how, and how soon.

nginx answers 404 for this path; Prometheus asks each replica directly, on the internal network.
Any worker answers for all: gunicorn.conf.py says where they count.
"""

import os

from flask import Flask, Response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("http_requests", "Requests that were answered.", ["method", "path", "status"])
SECONDS = Histogram("http_request_duration_seconds", "Time to answer.", ["method", "path"])
OWN_PATHS = frozenset(["/api/health", "/metrics"])  # asked by machines: neither logged nor counted
METHODS = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])


def init_app(app: Flask) -> None:
    """Answer /metrics. All other routes of `app` must be there by now."""
    for rule in app.url_map.iter_rules():
        for method in () if rule.rule in OWN_PATHS else rule.methods or ():
            REQUESTS.labels(method, rule.rule, "500")  # from 0 on: the first is then one more
    app.add_url_rule("/metrics", view_func=metrics)


def metrics() -> Response:
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def count(status: int, seconds: float) -> None:
    """Count this request by the template of its route: a client invents no new label."""
    method = request.method if request.method in METHODS else "other"
    path = request.url_rule.rule if request.url_rule else "none"
    REQUESTS.labels(method, path, str(status)).inc()
    SECONDS.labels(method, path).observe(seconds)
