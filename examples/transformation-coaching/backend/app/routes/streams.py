"""Connections that stay open. A process that stops ends them politely, and clients come back."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from app.settings import get_settings

router = APIRouter(tags=["streams"])


@router.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    """Echo each message. When the process stops, uvicorn closes with 1012, "service restart"."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


@router.get("/events")
async def events(
    request: Request, interval: Annotated[float, Query(ge=0.1, le=30)] = 1
) -> StreamingResponse:
    """Stream server-sent events until the client leaves or the process stops."""
    stream = _ticks(request.app.state.stopping, interval)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _ticks(stopping: asyncio.Event, interval: float) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    number = 0
    while not stopping.is_set():
        number += 1
        data = {
            "version": get_settings().app_version,
            "number": number,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        yield f"id: {number}\nevent: tick\ndata: {json.dumps(data)}\n\n"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), interval)
    yield "event: bye\ndata: {}\n\n"
