"""The tables."""

from datetime import UTC, date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """What Alembic compares the database with."""


class User(Base):
    """Somebody who trains."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=_now)


class Workout(Base):
    """One training session of one user."""

    __tablename__ = "workouts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    minutes: Mapped[int]
    done_on: Mapped[date]
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    effort: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=_now)
