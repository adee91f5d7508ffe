"""Finding notes by meaning, and answers from them."""

import asyncio
import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.connections import Connections
from app.models import Client, Coach, Note
from app.requests import ConnectionsDep, SessionDep
from app.schemas import Answer, Found, NoteOut, Question
from app.security import CurrentCoach
from app.settings import get_settings

SOURCES = 5
PROMPT = """\
You help a coach. Answer the question from these notes alone. Where they do not say, say so.

{notes}

Question: {question}
"""
NOTHING = "No note says anything about that."

ANSWERS = Counter("answers", "Answers given", ["cached"])

router = APIRouter(tags=["search"])


async def find(
    query: str, limit: int, coach: Coach, connections: Connections, session: AsyncSession
) -> list[Found]:
    """Return a coach's notes that are near to a text, the nearest first.

    Chroma gives numbers and distances alone; the rows come from Postgres. A number that Postgres
    does not know, as after a restore, is left out.
    """
    await session.close()  # no connection to the database waits for others; it opens again below
    (vector,) = await connections.ollama.embed([query])
    distances = await connections.chroma.nearest(vector, coach.id, limit)
    own = (
        select(Note, Client.name)
        .join(Client)
        .where(Note.id.in_(distances), Client.coach_id == coach.id)
    )
    rows = {note.id: (note, name) for note, name in await session.execute(own)}
    return [
        Found(note=NoteOut.model_validate(rows[i][0]), client=rows[i][1], score=round(1 - d, 4))
        for i, d in distances.items()
        if i in rows and d < 1  # cosine: from 1 on two texts have nothing in common
    ]


@router.get("/search")
async def search(
    q: Annotated[str, Query(min_length=1, max_length=500)],
    coach: CurrentCoach,
    connections: ConnectionsDep,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[Found]:
    return await find(q, limit, coach, connections, session)


@router.post("/ask")
async def ask(
    question: Question, coach: CurrentCoach, connections: ConnectionsDep, session: SessionDep
) -> Answer:
    """Answer from the notes that are near to the question; the same question is not asked twice."""
    async with asyncio.timeout(get_settings().answer_seconds):
        sources = await find(question.question, SOURCES, coach, connections, session)
        await session.close()
        model = connections.ollama.chat_model
        if not sources:
            return Answer(answer=NOTHING, model=model, cached=False, sources=[])
        notes = "\n".join(
            f"- {one.client}, {one.note.created_at:%Y-%m-%d}: {one.note.text}" for one in sources
        )
        prompt = PROMPT.format(notes=notes, question=question.question)
        answer, cached = await answer_to(prompt, coach, connections)
        return Answer(answer=answer, model=model, cached=cached, sources=sources)


async def answer_to(prompt: str, coach: Coach, connections: Connections) -> tuple[str, bool]:
    """Return an answer, and whether Redis knew it."""
    asked = json.dumps([coach.id, connections.ollama.chat_model, prompt])
    key = f"answer:{hashlib.sha256(asked.encode()).hexdigest()}"
    known = await connections.redis.get(key)
    ANSWERS.labels("no" if known is None else "yes").inc()
    if known is not None:
        return str(known), True
    answer = await connections.ollama.generate(prompt)
    await connections.redis.set(key, answer, ex=get_settings().answer_cache_seconds)
    return answer, False
