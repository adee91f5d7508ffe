"""Passwords (scrypt) and tokens (signed with HS256)."""

import base64
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.database import SessionDep
from app.models import User
from app.settings import get_settings

ALGORITHM = "HS256"
_N, _R, _P = 2**14, 8, 1  # about 50 ms and 16 MiB for each guess

# In two threads of their own: forty answer requests, and the C library keeps the 16 MiB for each
# thread that has ever hashed. That would be more than the container has.
_HASHING = ThreadPoolExecutor(2, "hashing")


def _scrypt(password: str, salt: bytes) -> bytes:
    hashing = _HASHING.submit(
        hashlib.scrypt, password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32
    )
    return hashing.result()


def hash_password(password: str) -> str:
    """Return `salt$hash`, both in base64."""
    salt = secrets.token_bytes(16)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(_scrypt(password, salt)).decode()}"


def password_matches(password: str, stored: str) -> bool:
    """Compare in constant time."""
    salt, expected = (base64.b64decode(part) for part in stored.split("$"))
    return hmac.compare_digest(_scrypt(password, salt), expected)


@cache
def unknown_user_hash() -> str:
    """Return a hash no password has, so that an unknown address takes as long as a known one."""
    return hash_password(secrets.token_urlsafe(32))


def sign_token(user_id: int) -> tuple[str, int]:
    """Return a token for the user and its lifetime in seconds."""
    settings = get_settings()
    lifetime = timedelta(minutes=settings.token_minutes)
    claims = {"sub": str(user_id), "exp": datetime.now(UTC) + lifetime}
    key = settings.secret_key.get_secret_value()
    return jwt.encode(claims, key, algorithm=ALGORITHM), int(lifetime.total_seconds())


def current_user(
    session: SessionDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> User:
    """Return the user whose token this request carries, or answer 401."""
    refused = HTTPException(
        status.HTTP_401_UNAUTHORIZED,
        "log in first: the token is missing, wrong or expired",
        headers={"WWW-Authenticate": "Bearer"},
    )
    if bearer is None:
        raise refused
    key = get_settings().secret_key.get_secret_value()
    try:
        claims = jwt.decode(
            bearer.credentials, key, algorithms=[ALGORITHM], options={"require": ["sub", "exp"]}
        )
        user = session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        raise refused from None
    if user is None:
        raise refused
    return user


CurrentUser = Annotated[User, Depends(current_user)]
