"""What is near a point: a box that the database searches, then the distance on a sphere."""

from math import asin, cos, degrees, radians, sin, sqrt

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.models import Place
from app.schemas import PlaceNear, PlaceOut

EARTH_KILOMETRES = 6371.0
AT_MOST = 100


def find_near(
    session: Session, latitude: float, longitude: float, kilometres: float
) -> list[PlaceNear]:
    """Return the places within `kilometres`, nearest first."""
    inside = session.scalars(select(Place).where(*_box(latitude, longitude, kilometres)))
    near = [
        PlaceNear(
            **PlaceOut.model_validate(place).model_dump(),
            kilometres=round(distance(latitude, longitude, place.latitude, place.longitude), 3),
        )
        for place in inside
    ]
    within = [place for place in near if place.kilometres <= kilometres]
    return sorted(within, key=lambda place: (place.kilometres, place.id))[:AT_MOST]


def distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the kilometres between two points (the haversine formula)."""
    north, east = radians(to_latitude - latitude), radians(to_longitude - longitude)
    part = sin(north / 2) ** 2
    part += cos(radians(latitude)) * cos(radians(to_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_KILOMETRES * asin(min(1.0, sqrt(part)))


def _box(latitude: float, longitude: float, kilometres: float) -> list[ColumnElement[bool]]:
    """Return conditions that hold for every place in the circle, and for few others."""
    angle = kilometres / EARTH_KILOMETRES
    north = degrees(angle)
    box: list[ColumnElement[bool]] = [Place.latitude.between(latitude - north, latitude + north)]
    if abs(latitude) + north < 90:  # noqa: PLR2004 - else the pole is inside: every longitude is near
        east = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude)))))
        spans = (  # the same span once around the earth each way, for places beyond 180 degrees
            Place.longitude.between(longitude - east + turn, longitude + east + turn)
            for turn in (-360, 0, 360)
        )
        box.append(or_(*spans))
    return box
