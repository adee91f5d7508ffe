"""The club's courses, and who has a place in them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Blueprint, abort, g
from msgspec import Meta, Struct
from sqlalchemy import delete, func, select

from app.database import db
from app.memory import cache, changed, generation
from app.models import Booking, Course, utc_now
from app.requests import body_as
from app.security import require_member

api = Blueprint("courses", __name__, url_prefix="/api/courses")
api.before_request(require_member)


class NewCourse(Struct):
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    trainer: Annotated[str, Meta(min_length=1, max_length=80)]
    starts_at: Annotated[datetime, Meta(tz=True)]
    minutes: Annotated[int, Meta(ge=5, le=600)]
    places: Annotated[int, Meta(ge=1, le=500)]


def as_json(course: Course, taken: int) -> dict[str, Any]:
    return {
        "id": course.id,
        "title": course.title,
        "trainer": course.trainer,
        "starts_at": course.starts_at.isoformat() + "Z",
        "minutes": course.minutes,
        "places": course.places,
        "free": course.places - taken,
    }


def upcoming() -> list[dict[str, Any]]:
    """Return the next courses, for all members alike, from the cache if nothing has changed."""
    key = f"courses:{generation('courses')}"
    known: list[dict[str, Any]] | None = cache.get(key)
    if known is None:
        taken = select(func.count()).where(Booking.course_id == Course.id).scalar_subquery()
        soonest_first = (
            select(Course, taken)
            .where(Course.starts_at > utc_now())
            .order_by(Course.starts_at, Course.id)
            .limit(100)
        )
        known = [as_json(course, count) for course, count in db.session.execute(soonest_first)]
        cache.set(key, known)
    return known


@api.get("")
def list_courses() -> list[dict[str, Any]]:
    mine = select(Booking.course_id).where(Booking.member_id == g.member.id)
    booked = set(db.session.scalars(mine))
    return [course | {"booked": course["id"] in booked} for course in upcoming()]


@api.post("")
def add_course() -> tuple[dict[str, Any], int]:
    new = body_as(NewCourse)
    course = Course(
        title=new.title,
        trainer=new.trainer,
        starts_at=new.starts_at.astimezone(UTC).replace(microsecond=0, tzinfo=None),
        minutes=new.minutes,
        places=new.places,
    )
    db.session.add(course)
    db.session.commit()
    changed("courses")
    return as_json(course, taken=0), 201


@api.put("/<int:course_id>/booking")
def book(course_id: int) -> tuple[str, int]:
    # The lock lets one member after the other count, in whatever replica they are served.
    course = db.session.get(Course, course_id, with_for_update=True)
    if course is None:
        abort(404, "no such course")
    if course.starts_at <= utc_now():
        abort(409, "this course has begun")
    if db.session.get(Booking, (course_id, g.member.id)) is None:
        count = select(func.count()).where(Booking.course_id == course_id)
        if db.session.scalars(count).one() >= course.places:
            abort(409, "this course is full")
        db.session.add(Booking(course_id=course_id, member_id=g.member.id))
        db.session.commit()
        changed("courses")
    return "", 204


@api.delete("/<int:course_id>/booking")
def cancel(course_id: int) -> tuple[str, int]:
    mine = (Booking.course_id == course_id, Booking.member_id == g.member.id)
    db.session.execute(delete(Booking).where(*mine))
    db.session.commit()
    changed("courses")
    return "", 204
