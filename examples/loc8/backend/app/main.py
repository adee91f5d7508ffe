"""The application object: routes and middleware."""

import logging.config
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from app.database import get_engine
from app.logs import configuration
from app.requests import RequestMiddleware
from app.routes import docs, health, metrics, photos, places, probes
from app.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.probe_limiter = health.probe_limiter()
    yield
    get_engine().dispose()


def create_app() -> FastAPI:
    """Build the application from the environment's settings."""
    settings = get_settings()
    logging.config.dictConfig(configuration(settings.log_level))
    app = FastAPI(
        title="Loc8",
        version=settings.app_version,
        lifespan=lifespan,
        docs_url=None,  # routes/docs.py: FastAPI's own page loads from another site
        redoc_url=None,
    )
    api = APIRouter(prefix="/api/v1")
    for module in (places, photos, probes):
        api.include_router(module.router)
    for module in (docs, health, metrics):
        app.include_router(module.router)
    app.include_router(api)
    metrics.watch(app)
    app.add_middleware(RequestMiddleware, version=settings.app_version)
    return app
