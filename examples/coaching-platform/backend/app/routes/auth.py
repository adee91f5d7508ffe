"""Signing up, logging in and out."""

from fastapi import APIRouter, HTTPException, Response, status
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.models import Coach
from app.requests import ConnectionsDep, SessionDep
from app.schemas import CoachOut, Credentials
from app.security import CurrentCoach, Token, hash_password, log_in, log_out, password_matches

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/signup", status_code=status.HTTP_201_CREATED, response_model=CoachOut)
async def signup(credentials: Credentials, session: SessionDep) -> Coach:
    coach = Coach(
        email=credentials.email.lower(), password_hash=await hash_password(credentials.password)
    )
    session.add(coach)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(
            status.HTTP_409_CONFLICT, "this address has an account already: log in instead"
        ) from None
    return coach


@router.post("/login", response_model=CoachOut)
async def login(
    credentials: Credentials, session: SessionDep, connections: ConnectionsDep, response: Response
) -> Coach:
    coach = await session.scalar(select(Coach).where(Coach.email == credentials.email.lower()))
    matches = await password_matches(credentials.password, coach.password_hash if coach else None)
    if coach is None or not matches:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the address or the password is wrong")
    await log_in(coach, connections, response)
    return coach


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(response: Response, connections: ConnectionsDep, token: Token = None) -> None:
    await log_out(token, connections, response)


@router.get("/me", response_model=CoachOut)
async def me(coach: CurrentCoach) -> Coach:
    return coach
