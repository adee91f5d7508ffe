"""For those who run the app: its health, and what it counts. nginx shows the world /health only."""

import logging

from fastapi import APIRouter, Response, status
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from app.health_check import examine
from app.requests import ConnectionsDep
from app.settings import get_settings

UP = Gauge("dependency_up", "1 where it answered the last health check", ["dependency"])

router = APIRouter()
log = logging.getLogger("app.health")


@router.get("/health")
async def health(response: Response, connections: ConnectionsDep) -> dict[str, str]:
    report = await examine(connections, get_settings().app_version)
    for name in ("postgres", "redis", "chroma", "ollama"):
        UP.labels(name).set(report[name] == "ok")
    if report["status"] == "unhealthy":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    if report["status"] != "healthy":
        log.warning(report["status"], extra={"fields": report})
    return report


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
