"""What a coach wanted to come back to, the most urgent first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from fastapi import APIRouter
from sqlalchemy import select

from app.models import Client, Note
from app.requests import SessionDep
from app.routes.clients import Limit
from app.schemas import NoteOut
from app.security import CurrentCoach

router = APIRouter(prefix="/follow-ups", tags=["clients"])


@router.get("", response_model=list[NoteOut])
async def list_follow_ups(
    coach: CurrentCoach, session: SessionDep, until: date | None = None, limit: Limit = 50
) -> Sequence[Note]:
    last = until or datetime.now(UTC).date()
    due = (
        select(Note)
        .join(Client)
        .where(Client.coach_id == coach.id, Note.follow_up_on <= last)
        .order_by(Note.follow_up_on, Note.id)
        .limit(limit)
    )
    return (await session.scalars(due)).all()
