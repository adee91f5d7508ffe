"""Ways to be a bad release, for tests of the tool that deploys this app.

The build argument BROKEN bakes one of them into an image; without it nothing here does anything.

    boot        exits at start
    unhealthy   /health answers 503
    proxy       answers 127.0.0.1 and localhost well, and 500 under any other Host: healthy for
                Docker's own check, broken behind a proxy
    sick        /health answers 503 from the sixth time it is asked under its public name: a release
                that passes every check, gets the traffic, and falls ill
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
GOOD_ANSWERS = 5
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


class ByName:
    """Fail requests that do not name this machine itself (BROKEN=proxy, BROKEN=sick)."""

    def __init__(self, app: ASGIApp, broken: Broken) -> None:
        self.app = app
        self.broken = broken
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self._failure(scope) if scope["type"] == "http" else None
        if status is None:
            await self.app(scope, receive, send)
            return
        body = f'{{"detail":"BROKEN={self.broken}: this fails on purpose"}}'.encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _failure(self, scope: Scope) -> int | None:
        host = dict(scope["headers"]).get(b"host", b"").rsplit(b":", 1)[0]
        if host in DIRECT_HOSTS:
            return None
        if self.broken == "proxy":
            return 500
        self.asked += scope["path"] == "/health"
        return 503 if scope["path"] == "/health" and self.asked > GOOD_ANSWERS else None


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
