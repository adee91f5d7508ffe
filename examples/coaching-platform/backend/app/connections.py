"""What this process is connected to, opened and closed as one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.remote import Chroma, Ollama, Unavailable
from app.settings import Settings

CONNECT_SECONDS = 2
REDIS_SECONDS = 3
DEAD_PEER_MILLISECONDS = 3000

AWAY = (Unavailable, RedisError, OperationalError, PoolTimeoutError, TimeoutError)
"""What is raised where a dependency does not answer."""


@dataclass(frozen=True)
class Connections:
    """The four dependencies. Each connects on its first use."""

    engine: AsyncEngine
    redis: Redis
    chroma: Chroma
    ollama: Ollama

    async def ping_postgres(self) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def ping_redis(self) -> None:
        await self.redis.ping()


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[Connections]:
    """Give the connections that the settings name, and close them."""
    engine = create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=5,  # and 10 more: 90 for the six replicas of a rollout, and Postgres takes 100
        max_overflow=10,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": DEAD_PEER_MILLISECONDS,
            "application_name": "coaching-platform",
        },
    )
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=REDIS_SECONDS,
    )
    chroma = Chroma(settings.chroma_url, settings.chroma_collection)
    ollama = Ollama(
        settings.ollama_url, settings.embed_model, settings.chat_model, settings.answer_seconds
    )
    try:
        yield Connections(engine, redis, chroma, ollama)
    finally:
        await ollama.http.aclose()
        await chroma.http.aclose()
        await redis.aclose()
        await engine.dispose()
