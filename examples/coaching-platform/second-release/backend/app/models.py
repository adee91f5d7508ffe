"""The tables."""

from datetime import UTC, date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """What Alembic compares the database with."""


class Coach(Base):
    """Somebody who logs in."""

    __tablename__ = "coaches"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=_now)


class Client(Base):
    """Somebody whom a coach helps."""

    __tablename__ = "clients"

    id: Mapped[int] = mapped_column(primary_key=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("coaches.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=_now)


class Note(Base):
    """What a coach writes down about a client. `indexed_with` names the model of its vector."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    indexed_with: Mapped[str | None] = mapped_column(String(100))
    follow_up_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=_now)


class Document(Base):
    """A file about a client. It lies in the uploads folder as `stored_as`."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    stored_as: Mapped[str] = mapped_column(String(32), unique=True)
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=_now)
