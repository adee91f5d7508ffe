"""Ways to be a bad release, for tests of the tool that deploys this app.

The build argument BROKEN bakes one of them into an image; without it nothing here does anything.

    boot        exits at start
    unhealthy   /health answers 503
    proxy       answers 127.0.0.1 and localhost well, and 500 under any other Host: healthy for
                Docker's own check, broken behind a proxy
    later       serves for five seconds, then the process exits
    migration   the migration command applies at most one revision, then fails
    slowstart   listens only after eight seconds
"""

import asyncio
import logging
import os
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from app.settings import Broken

SLOW_START_SECONDS = 8
LATER_SECONDS = 5
DIRECT_HOSTS = (b"127.0.0.1", b"localhost")

log = logging.getLogger("app.broken")


def at_start(broken: Broken) -> None:
    """Fail or linger before anything listens."""
    if broken == "boot":
        raise SystemExit("BROKEN=boot: this image exits at start on purpose")
    if broken == "slowstart":
        log.warning("BROKEN=slowstart: listening in %s s", SLOW_START_SECONDS)
        time.sleep(SLOW_START_SECONDS)


def when_serving(broken: Broken) -> None:
    """Arrange the failure that comes after a good start."""
    if broken == "later":
        asyncio.get_running_loop().call_later(LATER_SECONDS, _die)


def _die() -> None:
    log.error("BROKEN=later: exiting on purpose")
    os._exit(1)


class BehindProxy:
    """Answer 500 to every request that does not name this machine itself (BROKEN=proxy)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").rsplit(b":", 1)[0]
            if host not in DIRECT_HOSTS:
                body = b'{"detail":"BROKEN=proxy: this Host is refused on purpose"}'
                headers = [(b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 500, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)


class HalfMigration:
    """Let one revision through and fail at the next, or at the end (BROKEN=migration)."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken
        self.applied = 0

    def on_version_apply(self, *_: object, **__: object) -> None:
        """Run after each revision, inside its transaction."""
        self.applied += 1
        if self.applied > 1:
            self.fail()

    def fail(self) -> None:
        """Stop the migration command."""
        if self.broken == "migration":
            raise SystemExit("BROKEN=migration: the migration fails half-way on purpose")
