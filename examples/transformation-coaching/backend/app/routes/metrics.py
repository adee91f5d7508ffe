"""What Prometheus reads: how many requests were answered, how, and how soon.

nginx answers 404 for this path; Prometheus asks each replica directly, on the internal network.
"""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

REQUESTS = Counter("coaching_requests", "Requests that were answered.", ["method", "status"])
SECONDS = Histogram(
    "coaching_request_seconds", "How long until an answer began: a stream never ends."
)
OWN_PATHS = frozenset(["/health", "/metrics"])  # asked by machines: neither logged nor counted
METHODS = frozenset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
for _method in METHODS:
    REQUESTS.labels(_method, "500")  # from 0 on: the first error is then seen as one more

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def count(method: str, status: int, seconds: float) -> None:
    """Count one request; a client invents no new label."""
    REQUESTS.labels(method if method in METHODS else "other", str(status)).inc()
    SECONDS.observe(seconds)
