"""A place's photo: sent as it is, kept as a file, and given out to be kept for a year."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Path, Request, status
from fastapi.responses import FileResponse
from sqlalchemy import select, update

from app.cache import get_cache
from app.database import open_session
from app.models import Place
from app.photos import MEDIA_TYPES, MOST_BYTES, NAME, NotAPhotoError, TooLargeError, receive
from app.routes.places import get_place
from app.schemas import PlaceOut
from app.settings import get_settings

router = APIRouter(tags=["photos"])

_BODY = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}


@router.put(
    "/places/{place_id}/photo",
    response_model=PlaceOut,
    openapi_extra={"requestBody": {"required": True, "content": _BODY}},
)
async def put_photo(place_id: int, request: Request) -> Place:
    await run_sync(get_place, place_id)  # before anything is received: 404
    try:
        photo = await receive(request.stream(), get_settings().uploads_dir)
    except TooLargeError:
        raise HTTPException(
            status.HTTP_413_CONTENT_TOO_LARGE, f"a photo has at most {MOST_BYTES} bytes"
        ) from None
    except NotAPhotoError:
        raise HTTPException(
            status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, "a photo is JPEG, PNG or WebP"
        ) from None
    return await run_sync(_attach, place_id, photo.name)


@router.get("/photos/{name}", response_class=FileResponse)
def get_photo(name: Annotated[str, Path(pattern=NAME)]) -> FileResponse:
    file = get_settings().uploads_dir / name
    if not file.is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such photo")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file, media_type=MEDIA_TYPES[file.suffix], headers=headers)


def _attach(place_id: int, name: str) -> Place:
    """Give a place the photo that lies in the folder already, and remove the one before it.

    In this order a row never names a file that was not there. Of two who send a photo at the same
    time the second is told so, and only its own file goes.
    """
    folder = get_settings().uploads_dir
    with open_session() as session:
        before = session.scalar(select(Place.photo).where(Place.id == place_id))
        unchanged = Place.photo.is_not_distinct_from(before)
        wish = update(Place).where(Place.id == place_id, unchanged).values(photo=name)
        done = session.scalars(wish.returning(Place)).one_or_none()
        session.commit()
    if done is None:
        (folder / name).unlink(missing_ok=True)
        raise HTTPException(status.HTTP_409_CONFLICT, "somebody else sent a photo just now")
    get_cache().forget()
    if before is not None:
        (folder / before).unlink(missing_ok=True)
    return done
