"""The application object: routes, middleware and what happens around serving."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sentry_sdk
from fastapi import APIRouter, FastAPI, Request, status
from fastapi.responses import JSONResponse

from app import metrics
from app.connections import AWAY, connect
from app.indexing import keep_indexed
from app.logs import configure_logs
from app.requests import RequestMiddleware
from app.routes import auth, clients, documents, operations, probes, search
from app.settings import Settings, get_settings

ROUTERS = (auth.router, clients.router, documents.router, search.router, probes.router)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Connect, and index what is written; each request finds both in its `state`."""
    async with connect(get_settings()) as connections:
        written = asyncio.Event()
        indexing = asyncio.create_task(keep_indexed(connections, written))
        yield {"connections": connections, "written": written}
        indexing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await indexing


async def away(_: Request, error: Exception) -> JSONResponse:
    """Answer 503 where a dependency does not answer: the request may be sent again."""
    sentry_sdk.capture_exception(error)
    words = f"{type(error).__name__}: a service behind this one is away, try again in a moment"
    return JSONResponse(
        {"detail": words}, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": "5"}
    )


def report_errors(settings: Settings) -> None:
    """Send errors to Sentry, where SENTRY_DSN says where that is; nothing of what clients wrote."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        environment=settings.environment,
        release=settings.app_version,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
    )


def create_app() -> FastAPI:
    """Build the application from the environment's settings."""
    settings = get_settings()
    configure_logs(settings.log_level)
    report_errors(settings)
    app = FastAPI(
        title="Coaching Platform",
        version=settings.app_version,
        lifespan=lifespan,
        docs_url="/api/docs" if settings.docs else None,
        redoc_url=None,
        openapi_url="/api/openapi.json" if settings.docs else None,
    )
    api = APIRouter(prefix="/api/v1")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    app.include_router(operations.router)
    metrics.watch(app)
    for kind in AWAY:
        app.add_exception_handler(kind, away)
    app.add_middleware(RequestMiddleware, version=settings.app_version)
    return app
