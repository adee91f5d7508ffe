"""The tables."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import db


def utc_now() -> datetime:
    """Return the time as the tables keep it: UTC, without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


class Member(db.Model):
    """Somebody who trains, or who trains others."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Exact: the database's own collation takes jose@ and josé@ for the same.
    email: Mapped[str] = mapped_column(String(254, collation="utf8mb4_bin"), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(255))
    photo: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Course(db.Model):
    """One training session of the club, with so many places."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    trainer: Mapped[str] = mapped_column(String(80))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    minutes: Mapped[int]
    places: Mapped[int]
    place: Mapped[str] = mapped_column(String(120), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Booking(db.Model):
    """A member's place in a course."""

    __tablename__ = "bookings"

    course_id: Mapped[int] = mapped_column(
        ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
