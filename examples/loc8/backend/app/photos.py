"""Photos are files of one folder. A name is never used twice, so a photo never changes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import anyio
from anyio.to_thread import run_sync

MOST_BYTES = 5 * 1024 * 1024
NAME = r"^[0-9a-f]{32}\.(jpg|png|webp)$"
MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_BEGINNING = 12  # bytes that tell what it is


class TooLargeError(Exception):
    """More bytes than a photo may have."""


class NotAPhotoError(Exception):
    """Neither JPEG nor PNG nor WebP."""


def kind_of(beginning: bytes) -> str:
    """Return the file name's end for what begins so; the client's word is not asked for."""
    if beginning.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return ".webp"
    raise NotAPhotoError


async def receive(chunks: AsyncIterator[bytes], folder: Path) -> Path:
    """Write a photo as it arrives, and give it its name when it is whole and on the disk."""
    name = uuid4().hex
    part = folder / f".{name}.part"
    try:
        kind = kind_of(await _write(chunks, part))
        return await run_sync(part.rename, folder / f"{name}{kind}")
    except BaseException:
        part.unlink(missing_ok=True)
        raise


async def _write(chunks: AsyncIterator[bytes], part: Path) -> bytes:
    """Write what comes, and return how it begins."""
    size, beginning = 0, b""
    async with await anyio.open_file(part, "xb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise TooLargeError
            beginning += chunk[: _BEGINNING - len(beginning)]
            await file.write(chunk)
        await file.flush()
        await run_sync(os.fsync, file.wrapped.fileno())
    return beginning
