"""Passwords (scrypt), and sessions: a random token in a cookie, and who it is in Redis.

Redis keeps a keyed hash of the token, so nobody logs in with what a dump of Redis shows. A cookie
with SameSite=Strict is not sent along by other sites, so no form of theirs acts for a coach.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Annotated

from fastapi import Cookie, Depends, HTTPException, Response, status

from app.connections import Connections
from app.models import Coach
from app.requests import ConnectionsDep, SessionDep
from app.settings import get_settings

COOKIE = "session"
_N, _R, _P = 2**14, 8, 1  # about 50 ms and 16 MiB for each guess

# Two threads, not the forty that there are for whatever blocks: those would have 640 MiB among
# them, and the C library keeps them for each thread that has ever hashed.
_HASHING = ThreadPoolExecutor(2, "hashing")

Token = Annotated[str | None, Cookie(alias=COOKIE)]


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(_scrypt(password, salt)).decode()}"


def _matches(password: str, stored: str | None) -> bool:
    salt, expected = (base64.b64decode(part) for part in (stored or _nobodys_hash()).split("$"))
    return hmac.compare_digest(_scrypt(password, salt), expected) and stored is not None


@cache
def _nobodys_hash() -> str:
    """Return a hash no password has, so that an unknown address takes as long as a known one."""
    return _hash(secrets.token_urlsafe(32))


async def hash_password(password: str) -> str:
    """Return `salt$hash`, both in base64. In a thread: it would hold up other requests."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _hash, password)


async def password_matches(password: str, stored: str | None) -> bool:
    """Compare in constant time; None stands for a coach that there is not."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _matches, password, stored)


def _key(token: str) -> str:
    secret = get_settings().secret_key.get_secret_value().encode()
    return f"session:{hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()}"


async def log_in(coach: Coach, connections: Connections, response: Response) -> None:
    settings = get_settings()
    token = secrets.token_urlsafe(32)
    seconds = settings.session_hours * 3600
    await connections.redis.set(_key(token), coach.id, ex=seconds)
    response.set_cookie(
        COOKIE,
        token,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=settings.cookie_secure,
    )


async def log_out(token: str | None, connections: Connections, response: Response) -> None:
    if token:
        await connections.redis.delete(_key(token))
    response.delete_cookie(COOKIE)


async def current_coach(
    connections: ConnectionsDep, session: SessionDep, token: Token = None
) -> Coach:
    """Return the coach whose session this request carries, or answer 401."""
    number = await connections.redis.get(_key(token)) if token else None
    coach = await session.get(Coach, int(number)) if number else None
    if coach is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "log in first")
    return coach


CurrentCoach = Annotated[Coach, Depends(current_coach)]
