"""What requests and answers look like."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    password: str = Field(min_length=8, max_length=200)


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name, not a password
    expires_in: int


class WorkoutIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    minutes: int = Field(ge=1, le=1440)
    done_on: date
    notes: str = Field(default="", max_length=5000)
    effort: int | None = Field(default=None, ge=1, le=10)


class WorkoutOut(WorkoutIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
