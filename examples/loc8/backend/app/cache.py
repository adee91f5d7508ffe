"""Answers to nearby-queries, kept in Redis where REDIS_URL names one. Nothing is lost with it."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Literal

from redis import Redis
from redis.exceptions import RedisError

from app.settings import get_settings

PATIENCE_SECONDS = 0.5  # a cache that is slower than the database is none
GENERATION = "loc8:generation"

log = logging.getLogger("app.cache")

Outcome = Literal["hit", "miss", "off", "unreachable"]


class Cache:
    """Keeps answers until a place changes, and `seconds` at most."""

    def __init__(self, redis: Redis, version: str, seconds: int) -> None:
        self.redis = redis
        self.version = version
        self.seconds = seconds

    def answer(self, question: str, work: Callable[[], bytes]) -> tuple[bytes, Outcome]:
        """Return what is kept for a question; else do the work, and keep what it gives.

        The key has the release in it, since another release may answer in another form, and a
        generation that every change ends: who looked before a change keeps what nobody asks for.
        """
        try:
            generation = self.redis.get(GENERATION) or b"0"
            key = f"loc8:{self.version}:{int(generation)}:{question}"
            kept = self.redis.get(key)
        except RedisError as error:
            log.warning("no cache: %s", type(error).__name__)
            return work(), "unreachable"
        if isinstance(kept, bytes):
            return kept, "hit"
        found = work()
        try:
            self.redis.set(key, found, ex=self.seconds)
        except RedisError as error:
            log.warning("not kept: %s", type(error).__name__)
        return found, "miss"

    def forget(self) -> None:
        """Let nobody read what was kept before now. Without Redis it ends by itself."""
        try:
            self.redis.incr(GENERATION)
        except RedisError as error:
            log.warning("old answers live on for %s s: %s", self.seconds, type(error).__name__)


class NoCache:
    """Keeps nothing."""

    def answer(self, question: str, work: Callable[[], bytes]) -> tuple[bytes, Outcome]:  # noqa: ARG002
        """Do the work."""
        return work(), "off"

    def forget(self) -> None:
        """There is nothing to forget."""


@cache
def get_cache() -> Cache | NoCache:
    """Return the cache of this process; it connects on first use."""
    settings = get_settings()
    url = settings.redis_url.get_secret_value()
    if not url:
        return NoCache()
    redis = Redis.from_url(
        url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    return Cache(redis, settings.app_version, settings.cache_seconds)
