"""The application object: routes, middleware and what happens around serving."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from app import broken
from app.database import get_engine
from app.logs import configure_logs
from app.requests import RequestMiddleware
from app.routes import auth, health, metrics, probes, streams, workouts
from app.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.stopping = asyncio.Event()  # set by serve.py as soon as SIGTERM arrives
    app.state.probe_limiter = health.probe_limiter()
    broken.when_serving(get_settings().broken)
    yield
    get_engine().dispose()


def create_app() -> FastAPI:
    """Build the application from the environment's settings."""
    settings = get_settings()
    configure_logs(settings.log_level)
    app = FastAPI(
        title="Transformation Coaching",
        version=settings.app_version,
        lifespan=lifespan,
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    api = APIRouter(prefix="/api/v1")
    for module in (auth, workouts, probes, streams):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(metrics.router)
    metrics.watch(app)
    if settings.broken in {"proxy", "sick"}:
        app.add_middleware(broken.ByName, broken=settings.broken)
    app.add_middleware(RequestMiddleware, version=settings.app_version)
    return app
