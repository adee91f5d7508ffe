"""Whether this process can serve: it answers, its database answers it, photos can be kept."""

import asyncio
import logging
import os
from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response, status

from app.cache import Cache, get_cache
from app.database import ping
from app.settings import get_settings

PROBE_SECONDS = 2.0

router = APIRouter(tags=["health"])
log = logging.getLogger("app.health")


@router.get("/health")
async def health(request: Request, response: Response) -> dict[str, str]:
    """Answer 503 without the database or the folder of photos; without the cache Loc8 serves on."""
    limiter = request.app.state.probe_limiter
    database, uploads, cache = await asyncio.gather(
        _said(ping, limiter), _said(_write_access, limiter), _said(_ping_cache, limiter)
    )
    healthy = database == uploads == "ok"
    if not healthy:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        log.warning("unhealthy: database %s, uploads %s", database, uploads)
    return {
        "status": "healthy" if healthy else "unhealthy",
        "version": get_settings().app_version,
        "database": database,
        "uploads": uploads,
        "cache": cache,
    }


def probe_limiter() -> anyio.CapacityLimiter:
    """Return the few threads that health checks share: they do not queue behind slow requests."""
    return anyio.CapacityLimiter(6)


async def _said(probe: Callable[[], str | None], limiter: anyio.CapacityLimiter) -> str:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await run_sync(probe, abandon_on_cancel=True, limiter=limiter) or "ok"
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means that it is not well
        return f"error: {type(error).__name__}"


def _write_access() -> None:
    folder = get_settings().uploads_dir
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(folder)


def _ping_cache() -> str | None:
    cache = get_cache()
    if not isinstance(cache, Cache):
        return "off"
    cache.redis.ping()
    return None
