"""The tables."""

from datetime import UTC, datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """What Alembic compares the database with."""


class Place(Base):
    """Somewhere worth coming back to."""

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    latitude: Mapped[float] = mapped_column(index=True)
    longitude: Mapped[float]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    category: Mapped[str | None] = mapped_column(String(40))
    photo: Mapped[str | None] = mapped_column(String(40))  # a file's name, see photos.py
    created_at: Mapped[datetime] = mapped_column(default=_now)
