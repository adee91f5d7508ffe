"""Training Club: Flask, MySQL, Redis for cache and sessions, photos in a volume, certbot."""

from types import MappingProxyType
from typing import Any

import pytest
from five_systems_run.life import Life
from five_systems_run.system import System

ANN = {"email": "ann@example.com", "name": "Ann Ünder", "password": "a long password"}
COURSE = {"title": "Rowing", "trainer": "Bea", "minutes": 45, "places": 2}
WHEN = {"starts_at": "2035-05-01T10:00:00Z"}
CLIENT = "$(command -v mariadb || echo mysql)"
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400


@pytest.mark.thorough
class TestTrainingClub(Life):
    app = "training-club"
    prefix = "/api"
    health = "/api/health"
    login = "/api/login"
    extras = ("node", "mysql")
    databases = ("mysql", "redis")
    env = MappingProxyType({"DB_IMAGE": "mysql:9"})
    on_servers = (
        "install -d /etc/letsencrypt/live/training-club /var/www/acme;"
        " cp /etc/ssl/slipway/*.pem /etc/letsencrypt/live/training-club/"
    )

    def fill(self, system: System) -> None:
        system.done("POST", "/api/members", ANN)
        system.log_in("/api/login", {key: ANN[key] for key in ("email", "password")})
        system.done("PUT", "/api/me/photo", raw=PHOTO, Content_Type="image/png")
        course = system.done("POST", "/api/courses", {**COURSE, **WHEN})
        system.done("PUT", f"/api/courses/{course['id']}/booking")

    def content(self, system: System) -> Any:
        (course, *more) = system.done("GET", "/api/courses")
        me = system.done("GET", "/api/me")
        photo = system.ask("GET", me["photo"]).body
        known = {name: course[name] for name in (*COURSE, "booked")}
        return len(more), known, me["name"], photo == PHOTO

    def use_second_release(self, system: System) -> None:
        later = {"starts_at": "2035-06-01T10:00:00Z", "place": "Boat house"}
        made = system.done("POST", "/api/courses", {**COURSE, **later})
        assert made["place"] == "Boat house"

    def ruin(self, system: System) -> None:
        drop = "drop table bookings; drop table courses"
        root = f"MYSQL_PWD=$MYSQL_ROOT_PASSWORD {CLIENT} -uroot $MYSQL_DATABASE"
        system.inside("db", f'{root} -e "{drop}"')
        system.inside("redis", "redis-cli flushall")
        system.inside("backend", "rm -rf /uploads/*")

    def test_health_names_its_dependencies(self, system: System) -> None:
        health = system.done("GET", "/api/health")
        assert (health["status"], health["database"], health["redis"]) == ("healthy", "ok", "ok")

    def test_the_database_was_initialised(self, system: System) -> None:
        query = "select default_collation_name from information_schema.schemata"
        account = "MYSQL_PWD=$REPORTING_PASSWORD"
        reporting = f"{account} {CLIENT} -h127.0.0.1 -ureporting -N $MYSQL_DATABASE"
        where = " where schema_name = database()"
        assert system.inside("db", f'{reporting} -e "{query}{where}"') == "utf8mb4_unicode_ci\n"
        denied = f'{reporting} -e "drop table courses" 2>&1 || true'
        assert "denied" in system.inside("db", denied)

    def test_sessions_are_in_redis(self, system: System) -> None:
        assert "session:" in system.inside("redis", "redis-cli --scan")

    def test_certbot_is_answered_and_renews_by_a_reload(self, system: System) -> None:
        system.on_server("echo proof > /var/www/acme/token")
        asked = "/.well-known/acme-challenge/token"
        system.on_server(
            "install -D /var/www/acme/token /var/www/acme/.well-known/acme-challenge/token"
        )
        assert system.ask("GET", asked, plain=True).body == b"proof\n"
        mounts = "{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}"
        assert "/etc/letsencrypt:/etc/nginx/tls" in system.inspect("nginx", mounts)


@pytest.mark.thorough
class TestTrainingClubOnMariaDB(TestTrainingClub):
    """The same, where MySQL cannot be had."""

    extras = ("node", "mariadb")
    env = MappingProxyType({"DB_IMAGE": "mariadb:10.11"})
