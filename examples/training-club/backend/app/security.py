"""Passwords (scrypt) and who is logged in."""

from functools import cache
from secrets import token_urlsafe
from threading import BoundedSemaphore

from flask import abort, g, session
from werkzeug.security import check_password_hash, generate_password_hash

from app.database import db
from app.models import Member

_HASHING = BoundedSemaphore(2)  # each hash takes 32 MiB: not one for every thread at once


def hash_password(password: str) -> str:
    """Return the hash with its salt and parameters."""
    with _HASHING:
        return generate_password_hash(password)


def password_matches(password: str, stored: str) -> bool:
    """Compare in constant time."""
    with _HASHING:
        return check_password_hash(stored, password)


@cache
def unknown_member_hash() -> str:
    """Return a hash no password has, so that an unknown address takes as long as a known one."""
    return hash_password(token_urlsafe(32))


def require_member() -> None:
    """Put the member whose session this is into `g.member`, or answer 401."""
    known = session.get("member_id")
    g.member = db.session.get(Member, known) if known is not None else None
    if g.member is None:
        abort(401, "log in first")
