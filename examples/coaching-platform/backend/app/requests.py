"""Around every request: which version answered, a line of log, and what /metrics counts."""

import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.connections import Connections
from app.metrics import OWN_PATHS, count

log = logging.getLogger("app.requests")


class RequestMiddleware:
    """Add `X-App-Version` to every answer; log and count it when it has been sent."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app = app
        self.version = version.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status, sent = 500, False

        async def send_with_version(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status, sent = message["status"], True
                message["headers"] = [*message["headers"], (b"x-app-version", self.version)]
            await send(message)

        try:
            await self.app(scope, receive, send_with_version)
        except Exception:
            if not sent:  # what stands around this would answer without the version
                answer = JSONResponse({"detail": "this is our fault"}, status)
                await answer(scope, receive, send_with_version)
            raise
        finally:
            if scope["path"] not in OWN_PATHS:
                seconds = time.perf_counter() - started
                count(scope, status, seconds)
                record(scope, status, seconds)


def record(scope: Scope, status: int, seconds: float) -> None:
    """Log a request."""
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "client": (scope.get("client") or ("",))[0],
    }
    log.info("request", extra={"fields": fields})


def get_connections(request: Request) -> Connections:
    connections: Connections = request.state.connections
    return connections


ConnectionsDep = Annotated[Connections, Depends(get_connections)]


async def get_session(connections: ConnectionsDep) -> AsyncIterator[AsyncSession]:
    """Give one request its session; what it did not commit is rolled back."""
    async with AsyncSession(connections.engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
