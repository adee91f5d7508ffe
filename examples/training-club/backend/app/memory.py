"""Redis: sessions and the cache, shared by all replicas, of old and new releases."""

from datetime import timedelta

from flask import Flask, current_app
from flask_caching import Cache
from flask_session import Session
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import Settings

cache = Cache()


def connect(url: str, seconds: float, retries: int) -> Redis:
    """Return a client that waits so many seconds for a connection, and for an answer."""
    return Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), retries),
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its client, its sessions and its cache."""
    client = connect(settings.redis_url, seconds=2, retries=1)
    app.extensions["redis"] = client
    app.config.update(
        SESSION_TYPE="redis",
        SESSION_REDIS=client,
        SESSION_COOKIE_NAME="training_club",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        # Written at login and logout only: what ends after a logout must not undo it.
        SESSION_REFRESH_EACH_REQUEST=False,
        CACHE_TYPE="RedisCache",
        CACHE_REDIS_HOST=client,
        CACHE_DEFAULT_TIMEOUT=30,
        # What one release cached, another need not understand.
        CACHE_KEY_PREFIX=f"cache:{settings.app_version}:",
    )
    Session(app)
    cache.init_app(app)


def generation(of: str) -> int:
    """Return a number that changes with `changed`: a key that contains it is never stale."""
    return int(_client().get(f"generation:{of}") or 0)


def changed(what: str) -> None:
    """Let every release read it from the database again."""
    _client().incr(f"generation:{what}")


def _client() -> Redis:
    client: Redis = current_app.extensions["redis"]
    return client
