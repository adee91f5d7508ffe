"""Whether this process can serve: it answers, and its database answers it."""

import asyncio
import logging
from datetime import UTC, datetime

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response, status

from app.database import ping
from app.settings import get_settings

PROBE_SECONDS = 2.0

router = APIRouter()
log = logging.getLogger("app.health")


@router.get("/health")
async def health(request: Request, response: Response) -> dict[str, str]:
    database = "ok"
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            # Threads of its own: a health check must not queue behind slow requests.
            await run_sync(ping, abandon_on_cancel=True, limiter=request.app.state.probe_limiter)
    except TimeoutError:
        database = f"no answer within {PROBE_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever the driver raises means unhealthy
        database = f"error: {type(error).__name__}"
    healthy = database == "ok" and get_settings().broken != "unhealthy"
    if not healthy:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        log.warning("unhealthy: database %s", database)
    return {
        "status": "healthy" if healthy else "unhealthy",
        "version": get_settings().app_version,
        "timestamp": datetime.now(UTC).isoformat(),
        "database": database,
    }


def probe_limiter() -> anyio.CapacityLimiter:
    """Return the few threads that health checks share."""
    return anyio.CapacityLimiter(4)
