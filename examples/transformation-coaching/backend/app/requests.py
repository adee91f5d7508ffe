"""Around every request: which version answered, a count, and one line of log.

Machines ask for /health and /metrics all the time: those are neither counted nor logged.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.routes.metrics import OWN_PATHS, count

log = logging.getLogger("app.requests")


class RequestMiddleware:
    """Add `X-App-Version` to every answer and log it when it has been sent."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app = app
        self.version = version.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status, answered = 500, 0.0

        async def send_with_version(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()
                message["headers"] = [*message["headers"], (b"x-app-version", self.version)]
            await send(message)

        try:
            await self.app(scope, receive, send_with_version)
        finally:
            if scope["path"] not in OWN_PATHS:
                ended = time.perf_counter()
                count(scope, status, (answered or ended) - started)
                fields = {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "milliseconds": round((ended - started) * 1000, 1),
                    "client": (scope.get("client") or ("",))[0],
                }
                log.info("request", extra={"fields": fields})
