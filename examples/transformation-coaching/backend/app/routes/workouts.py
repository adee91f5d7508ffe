"""A user's own workouts."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, status
from sqlalchemy import select

from app.database import SessionDep
from app.models import Workout
from app.schemas import WorkoutIn, WorkoutOut
from app.security import CurrentUser

router = APIRouter(prefix="/workouts", tags=["workouts"])


@router.get("", response_model=list[WorkoutOut])
def list_workouts(
    user: CurrentUser,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Sequence[Workout]:
    newest_first = (
        select(Workout)
        .where(Workout.user_id == user.id)
        .order_by(Workout.done_on.desc(), Workout.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return session.scalars(newest_first).all()


@router.post("", status_code=status.HTTP_201_CREATED, response_model=WorkoutOut)
def add_workout(workout: WorkoutIn, user: CurrentUser, session: SessionDep) -> Workout:
    row = Workout(user_id=user.id, **workout.model_dump())
    session.add(row)
    session.commit()
    return row


@router.get("/{workout_id}", response_model=WorkoutOut)
def get_workout(workout_id: int, user: CurrentUser, session: SessionDep) -> Workout:
    row = session.get(Workout, workout_id)
    if row is None or row.user_id != user.id:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such workout")
    return row
