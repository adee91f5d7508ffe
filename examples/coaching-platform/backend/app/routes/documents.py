"""Files about a client. Each lies in the uploads folder under a name that nobody chose."""

import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, UploadFile, status
from fastapi.responses import FileResponse
from sqlalchemy import select

from app.models import Client, Document
from app.requests import SessionDep
from app.routes.clients import Limit, OwnClient
from app.schemas import DocumentOut
from app.security import CurrentCoach
from app.settings import get_settings

MEGABYTE = 1_000_000

router = APIRouter(tags=["documents"])


def _path(document: Document) -> Path:
    return get_settings().uploads_folder / document.stored_as


def _store(source: BinaryIO, target: Path) -> None:
    """Write a file whole or not at all: its name appears when its bytes are on the disk."""
    unfinished = target.with_suffix(".part")
    try:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


@router.get("/clients/{client_id}/documents", response_model=list[DocumentOut])
async def list_documents(
    client: OwnClient, session: SessionDep, limit: Limit = 50
) -> Sequence[Document]:
    newest = select(Document).where(Document.client_id == client.id).order_by(Document.id.desc())
    return (await session.scalars(newest.limit(limit))).all()


@router.post(
    "/clients/{client_id}/documents",
    status_code=status.HTTP_201_CREATED,
    response_model=DocumentOut,
)
async def add_document(file: UploadFile, client: OwnClient, session: SessionDep) -> Document:
    """Save the file first: a row without its file would be worse than a file without a row."""
    megabytes = get_settings().upload_megabytes
    if (file.size or 0) > megabytes * MEGABYTE:
        raise HTTPException(
            status.HTTP_413_CONTENT_TOO_LARGE, f"a document has at most {megabytes} MB"
        )
    name = Path(file.filename or "").name[-255:] or "document"
    row = Document(client_id=client.id, name=name, size=file.size or 0, stored_as=uuid.uuid4().hex)
    await run_sync(_store, file.file, _path(row))
    session.add(row)
    await session.commit()
    return row


@router.get("/documents/{document_id}")
async def get_document(document_id: int, coach: CurrentCoach, session: SessionDep) -> FileResponse:
    """Send a document as a download: whatever it is, no browser shows it as a page of ours."""
    own = select(Document).join(Client).where(Client.coach_id == coach.id)
    document = await session.scalar(own.where(Document.id == document_id))
    if document is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such document")
    path = _path(document)
    if not path.is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "its file is not in the uploads folder")
    return FileResponse(path, media_type="application/octet-stream", filename=document.name)
