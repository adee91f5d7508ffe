"""What requests and answers look like."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """An answer that is made of a row."""

    model_config = ConfigDict(from_attributes=True)

    id: int


class Credentials(BaseModel):
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    password: str = Field(min_length=8, max_length=200)


class CoachOut(Row):
    email: str


class ClientIn(BaseModel):
    name: str = Field(min_length=1, max_length=200)


class ClientOut(Row):
    name: str


class NoteIn(BaseModel):
    text: str = Field(min_length=1, max_length=5000)
    follow_up_on: date | None = None


class NoteOut(Row):
    client_id: int
    text: str
    follow_up_on: date | None
    created_at: datetime


class DocumentOut(Row):
    client_id: int
    name: str
    size: int
    created_at: datetime


class Found(BaseModel):
    note: NoteOut
    client: str
    score: float


class Question(BaseModel):
    question: str = Field(min_length=3, max_length=500)


class Answer(BaseModel):
    answer: str
    model: str
    cached: bool
    sources: list[Found]
