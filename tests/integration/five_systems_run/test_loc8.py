"""Loc8: places with photos, in SQLite and in folders."""

from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
PLACE = {"name": "Café Ünder", "latitude": 48.2, "longitude": 16.37, "note": "it's “good”"}


@pytest.mark.thorough
class TestLoc8(Life):
    app = "loc8"

    def fill(self, system: System) -> None:
        place = system.done("POST", "/api/v1/places", PLACE)
        photo = f"/api/v1/places/{place['id']}/photo"
        system.done("PUT", photo, raw=PHOTO, Content_Type="image/png")

    def content(self, system: System) -> Any:
        (place, *more) = system.done("GET", "/api/v1/places")
        photo = system.ask("GET", f"/api/v1/photos/{place['photo']}").body
        return len(more), {name: place[name] for name in PLACE}, photo == PHOTO

    def use_second_release(self, system: System) -> None:
        system.done("POST", "/api/v1/places", {**PLACE, "category": "food"})

    def ruin(self, system: System) -> None:
        system.inside("backend", "rm -rf /data/* /uploads/*")
