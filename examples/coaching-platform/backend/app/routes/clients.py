"""A coach's own clients, and the notes about them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from sqlalchemy import select

from app.models import Client, Note
from app.requests import SessionDep
from app.schemas import ClientIn, ClientOut, NoteIn, NoteOut
from app.security import CurrentCoach

router = APIRouter(prefix="/clients", tags=["clients"])

Limit = Annotated[int, Query(ge=1, le=200)]


async def own_client(client_id: int, coach: CurrentCoach, session: SessionDep) -> Client:
    """Return the client of the path, or answer 404: to others it does not exist."""
    client = await session.get(Client, client_id)
    if client is None or client.coach_id != coach.id:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such client")
    return client


OwnClient = Annotated[Client, Depends(own_client)]


@router.get("", response_model=list[ClientOut])
async def list_clients(
    coach: CurrentCoach, session: SessionDep, limit: Limit = 100
) -> Sequence[Client]:
    own = select(Client).where(Client.coach_id == coach.id).order_by(Client.name).limit(limit)
    return (await session.scalars(own)).all()


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ClientOut)
async def add_client(client: ClientIn, coach: CurrentCoach, session: SessionDep) -> Client:
    row = Client(coach_id=coach.id, **client.model_dump())
    session.add(row)
    await session.commit()
    return row


@router.get("/{client_id}/notes", response_model=list[NoteOut])
async def list_notes(client: OwnClient, session: SessionDep, limit: Limit = 50) -> Sequence[Note]:
    newest = select(Note).where(Note.client_id == client.id).order_by(Note.id.desc()).limit(limit)
    return (await session.scalars(newest)).all()


@router.post("/{client_id}/notes", status_code=status.HTTP_201_CREATED, response_model=NoteOut)
async def add_note(note: NoteIn, client: OwnClient, session: SessionDep, request: Request) -> Note:
    """Save a note. It can be found a moment later, when it has been indexed."""
    row = Note(client_id=client.id, **note.model_dump())
    session.add(row)
    await session.commit()
    request.state.written.set()
    return row
