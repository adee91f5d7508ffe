"""Signing up, logging in and out, and the member's own photo."""

from secrets import token_hex
from typing import Annotated, Any

from flask import Blueprint, Response, abort, current_app, g, request, send_from_directory, session
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database import db
from app.models import Member
from app.requests import body_as
from app.security import hash_password, password_matches, require_member, unknown_member_hash

PHOTO_BYTES = 4 * 1024 * 1024  # the same in nginx/sites/training-club.conf
PHOTO_KINDS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

api = Blueprint("members", __name__, url_prefix="/api")

Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Password = Annotated[str, Meta(min_length=8, max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Credentials(Struct):
    email: Email
    password: Password


class NewMember(Credentials):
    name: Name


def as_json(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "photo": f"/api/members/{member.id}/photo" if member.photo else None,
    }


@api.post("/members")
def sign_up() -> tuple[dict[str, Any], int]:
    new = body_as(NewMember)
    member = Member(
        email=new.email.lower(), name=new.name, password_hash=hash_password(new.password)
    )
    db.session.add(member)
    try:
        db.session.commit()
    except IntegrityError:
        abort(409, "this address is a member already: log in instead")
    return as_json(member), 201


@api.post("/login")
def log_in() -> dict[str, Any]:
    credentials = body_as(Credentials)
    member = db.session.scalar(select(Member).where(Member.email == credentials.email.lower()))
    stored = member.password_hash if member else unknown_member_hash()
    if not password_matches(credentials.password, stored) or member is None:
        abort(401, "the address or the password is wrong")
    session.clear()
    session["member_id"] = member.id
    # A new name for the session, so that nobody knows it from before the login.
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]
    return as_json(member)


@api.post("/logout")
def log_out() -> tuple[str, int]:
    session.clear()
    return "", 204


@api.get("/me")
def me() -> dict[str, Any]:
    require_member()
    return as_json(g.member)


@api.put("/me/photo")
def put_photo() -> dict[str, Any]:
    """Keep the body, a picture, as the member's photo.

    Its file has a name that was never there before, so replicas that share the folder are not in
    each other's way, and who reads the old one can finish.
    """
    require_member()
    request.max_content_length = PHOTO_BYTES
    picture = request.get_data()
    kind = photo_kind(picture) or abort(415, "a photo is a JPEG, a PNG or a WebP")
    folder = current_app.config["UPLOADS_DIR"]
    old, g.member.photo = g.member.photo, f"{token_hex(16)}.{kind}"
    (folder / g.member.photo).write_bytes(picture)
    db.session.commit()
    if old:
        (folder / old).unlink(missing_ok=True)
    return as_json(g.member)


@api.get("/members/<int:member_id>/photo")
def get_photo(member_id: int) -> Response:
    require_member()
    member = db.session.get(Member, member_id)
    if member is None or member.photo is None:
        abort(404, "no such photo")
    response = send_from_directory(
        current_app.config["UPLOADS_DIR"],
        member.photo,
        mimetype=PHOTO_KINDS[member.photo.rsplit(".", 1)[1]],
    )
    response.headers["Cache-Control"] = "private, no-cache"  # kept, but asked for again by its ETag
    return response


def photo_kind(picture: bytes) -> str | None:
    """Return what a picture is by how it begins, whatever its sender calls it."""
    if picture.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return "webp"
    return None
