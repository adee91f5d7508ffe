"""Places: the newest, one of them, and those near a point."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response, status
from pydantic import TypeAdapter
from sqlalchemy import select

from app.cache import get_cache
from app.database import open_session
from app.models import Place
from app.nearby import find_near
from app.schemas import PlaceIn, PlaceNear, PlaceOut

router = APIRouter(prefix="/places", tags=["places"])

_AS_JSON = TypeAdapter(list[PlaceNear])


@router.get("", response_model=list[PlaceOut])
def list_places(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
    category: Annotated[str | None, Query(max_length=40)] = None,
) -> Sequence[Place]:
    newest_first = select(Place).order_by(Place.id.desc()).limit(limit).offset(offset)
    if category is not None:
        newest_first = newest_first.where(Place.category == category)
    with open_session() as session:
        return session.scalars(newest_first).all()


@router.post("", status_code=status.HTTP_201_CREATED, response_model=PlaceOut)
def add_place(place: PlaceIn) -> Place:
    row = Place(**place.model_dump())
    with open_session() as session:
        session.add(row)
        session.commit()
    get_cache().forget()
    return row


@router.get("/nearby", response_model=list[PlaceNear])
def nearby(
    latitude: Annotated[float, Query(ge=-90, le=90)],
    longitude: Annotated[float, Query(ge=-180, le=180)],
    kilometres: Annotated[float, Query(gt=0, le=20000)] = 5,
) -> Response:
    """Answer with the nearest first. `X-Cache` says where the answer comes from."""
    here = round(latitude, 4), round(longitude, 4), round(kilometres, 3)  # 11 m apart is the same

    def work() -> bytes:
        with open_session() as session:
            return _AS_JSON.dump_json(find_near(session, *here))

    found, outcome = get_cache().answer("{}:{}:{}".format(*here), work)
    return Response(found, media_type="application/json", headers={"X-Cache": outcome})


@router.get("/{place_id}", response_model=PlaceOut)
def get_place(place_id: int) -> Place:
    with open_session() as session:
        row = session.get(Place, place_id)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such place")
    return row
