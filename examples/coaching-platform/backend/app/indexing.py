"""Keeps Chroma's index up with the notes in Postgres, which alone are the truth.

A note is saved whether Ollama and Chroma are there or not; each replica looks for notes without a
vector of the present model, when one was written and now and then besides. `python -m app.indexing`
makes all vectors anew: for an index that was lost, or restored to another moment than Postgres.
"""

import asyncio
import contextlib
import logging

from prometheus_client import Counter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.connections import Connections, connect
from app.logs import configure_logs
from app.models import Client, Note
from app.settings import get_settings

BATCH = 32
PAUSE_SECONDS = 15

INDEXED = Counter("notes_indexed", "Notes that were given a vector")

log = logging.getLogger("app.indexing")


async def index_some(connections: Connections) -> int:
    """Give some notes their vectors; return how many. Replicas do not wait for each other."""
    model = connections.ollama.embed_model
    without = (
        select(Note, Client.coach_id)
        .join(Client)
        .where(Note.indexed_with.is_distinct_from(model))
        .order_by(Note.id)
        .limit(BATCH)
        .with_for_update(of=Note, skip_locked=True)
    )
    async with AsyncSession(connections.engine) as session:
        rows = (await session.execute(without)).all()
        if not rows:
            return 0
        vectors = await connections.ollama.embed([note.text for note, _ in rows])
        ids = [str(note.id) for note, _ in rows]
        await connections.chroma.upsert(ids, vectors, [coach for _, coach in rows])
        for note, _ in rows:
            note.indexed_with = model
        await session.commit()
    INDEXED.inc(len(rows))
    return len(rows)


async def keep_indexed(connections: Connections, written: asyncio.Event) -> None:
    """Index for as long as the process serves. What is away now is tried again."""
    while True:
        written.clear()
        try:
            while await index_some(connections):
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be over at the next try
            log.warning("notes wait for the index: %s: %s", type(error).__name__, error)
            await asyncio.sleep(1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(written.wait(), PAUSE_SECONDS)


async def index_all() -> None:
    """Make every vector anew."""
    async with connect(get_settings()) as connections:
        async with connections.engine.begin() as connection:
            await connection.execute(update(Note).values(indexed_with=None))
        total = 0
        while done := await index_some(connections):
            total += done
    log.info("indexed %s notes", total)


if __name__ == "__main__":
    configure_logs(get_settings().log_level)
    asyncio.run(index_all())
