"""Signing up and logging in."""

from fastapi import APIRouter, HTTPException, status
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database import SessionDep
from app.models import User
from app.schemas import Credentials, Token, UserOut
from app.security import hash_password, password_matches, sign_token, unknown_user_hash

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/signup", status_code=status.HTTP_201_CREATED)
def signup(credentials: Credentials, session: SessionDep) -> UserOut:
    user = User(email=credentials.email.lower(), password_hash=hash_password(credentials.password))
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(
            status.HTTP_409_CONFLICT, "this address has an account already: log in instead"
        ) from None
    return UserOut.model_validate(user)


@router.post("/login")
def login(credentials: Credentials, session: SessionDep) -> Token:
    user = session.scalar(select(User).where(User.email == credentials.email.lower()))
    stored = user.password_hash if user else unknown_user_hash()
    if not password_matches(credentials.password, stored) or user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the address or the password is wrong")
    token, expires_in = sign_token(user.id)
    return Token(access_token=token, expires_in=expires_in)
