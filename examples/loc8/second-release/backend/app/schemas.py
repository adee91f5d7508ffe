"""What requests and answers look like."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class PlaceIn(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    latitude: Latitude
    longitude: Longitude
    note: str = Field(default="", max_length=2000)
    category: str | None = Field(default=None, min_length=1, max_length=40)


class PlaceOut(PlaceIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
    photo: str | None  # to be asked for at /api/v1/photos/NAME
    created_at: datetime


class PlaceNear(PlaceOut):
    kilometres: float
