"""What load tests use: each answer says which version gave it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import JsonValue

from app.settings import get_settings

router = APIRouter(tags=["probes"])


@router.get("/version")
async def version() -> dict[str, str]:
    return {"version": get_settings().app_version}


@router.get("/slow")
async def slow(seconds: Annotated[float, Query(ge=0, le=10)] = 5) -> dict[str, Any]:
    await asyncio.sleep(seconds)
    return {"version": get_settings().app_version, "slept": seconds}


@router.post("/echo")
async def echo(body: Annotated[JsonValue, Body()]) -> dict[str, Any]:
    return {"version": get_settings().app_version, "body": body}
