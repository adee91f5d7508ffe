"""Loc8: places with photos, in SQLite and in folders."""

import re
from types import MappingProxyType
from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
PLACE = {"name": "Café Ünder", "latitude": 48.2, "longitude": 16.37, "note": "it's “good”"}


@pytest.mark.thorough
class TestLoc8(Life):
    app = "loc8"
    extras = ("node",)
    login = ""

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

    def test_the_backend_has_its_limits(self, system: System) -> None:
        form = "{{.HostConfig.NanoCpus}}|{{.HostConfig.Memory}}|{{.HostConfig.MemoryReservation}}"
        assert system.inspect("backend", form) == ["1000000000|536870912|134217728"]

    def test_four_workers_answer(self, system: System) -> None:
        parents = "grep -hs ^PPid /proc/[0-9]*/status | sort | uniq -c | sort -n | tail -1"
        assert system.inside("backend", parents).split()[0] == "4"

    def test_docs_and_compression(self, system: System) -> None:
        page = system.ask("GET", "/docs")
        assert page.status == 200
        for source in re.findall(r'(?:src|href)="(/[^"]+)"', page.body.decode()):
            assert system.ask("GET", source).status == 200, source
        assert b"script>" not in re.sub(rb"<script [^>]*></script>", b"", page.body)
        assert system.done("GET", "/openapi.json")["info"]["title"] == "Loc8"
        zipped = system.ask("GET", "/openapi.json", Accept_Encoding="gzip")
        assert zipped.headers["content-encoding"] == "gzip"


@pytest.mark.thorough
class TestLoc8OnPostgres(TestLoc8):
    """The same with both profiles: places in Postgres, answers in Redis."""

    databases = ("postgres", "redis")
    env = MappingProxyType(
        {
            "COMPOSE_PROFILES": "postgres,redis",
            "DATABASE_URL": "postgresql+psycopg://loc8:${POSTGRES_PASSWORD}@db:5432/loc8",
            "REDIS_URL": "redis://redis:6379/0",
        }
    )

    def ruin(self, system: System) -> None:
        system.inside("db", 'psql -U $POSTGRES_USER -d $POSTGRES_DB -c "drop table places"')
        system.inside("backend", "rm -rf /uploads/*")

    def test_answers_are_kept_in_redis(self, system: System) -> None:
        system.done("GET", "/api/v1/places/nearby?latitude=48.2&longitude=16.37")
        assert system.inside("redis", "redis-cli dbsize") != "0\n"
