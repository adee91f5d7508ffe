"""What every example system goes through, one test after another: the life of an app."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from ssl import TLSVersion
from types import MappingProxyType
from typing import Any, ClassVar

from five_systems_run.system import HOST, KEY, System
from five_systems_run.watched import UP, Watched
from stage import wait_until

PROVEN = 2


class Life(ABC):
    """The tests of one system. A subclass names it and says what its data are."""

    app: ClassVar[str]
    prefix: ClassVar[str] = "/api/v1"
    health: ClassVar[str] = "/health"
    replicas: ClassVar[int] = 1
    login: ClassVar[str] = "/api/v1/auth/login"
    extras: ClassVar[tuple[str, ...]] = ()
    databases: ClassVar[tuple[str, ...]] = ()

    env: ClassVar[Mapping[str, str]] = MappingProxyType({})
    on_servers: ClassVar[str] = ""

    @abstractmethod
    def fill(self, system: System) -> None:
        """Put data in, by the API."""

    @abstractmethod
    def content(self, system: System) -> Any:
        """Return all data that `fill` has put in, as the API gives them."""

    @abstractmethod
    def use_second_release(self, system: System) -> None:
        """Use what the second release has brought."""

    @abstractmethod
    def ruin(self, system: System) -> None:
        """Destroy data on the server."""

    def test_it_serves_with_data(self, system: System) -> None:
        health = system.ask("GET", self.health)
        assert (health.status, health.headers["x-app-version"]) == (200, "v1")
        assert len(system.replicas("backend")) == self.replicas
        self.fill(system)
        assert self.content(system)
        assert system.ask("GET", "/").body.startswith(b"<!doctype html>")

    def test_a_second_release_with_a_migration_fails_no_request(self, system: System) -> None:
        before = self.content(system)
        system.take_second_release()
        system.make("v2")
        with system.under_load(self.prefix):
            system.type("deploy", "--tag", "v2")
        (snapshot,) = json.loads(system.type("backup.list", "--json").out)
        assert snapshot["level"] >= PROVEN
        assert self.content(system) == before
        self.use_second_release(system)

    def test_scaling_fails_no_request(self, system: System) -> None:
        more = self.replicas + 1
        with system.under_load(self.prefix):
            system.type("scale", f"backend={more}")
            assert len(system.replicas("backend")) == more
            system.type("scale", f"backend={self.replicas}")
        assert len(system.replicas("backend")) == self.replicas

    def test_a_rollback_fails_no_request(self, system: System) -> None:
        before = self.content(system)
        with system.under_load(self.prefix):
            system.type("rollback")
        assert system.ask("GET", self.health).headers["x-app-version"] == "v1"
        assert self.content(system) == before

    def test_ruined_data_come_back(self, system: System) -> None:
        before = self.content(system)
        system.type("backup")
        self.ruin(system)
        system.type("restore", "--key", KEY, "--yes")
        assert self.content(system) == before
        system.type("backup.drill", "--key", KEY)

    def test_an_empty_server_serves_the_same(self, system: System) -> None:
        before = self.content(system)
        there = "deploy@production.sandbox"
        ended = system.type("recover", "--key", KEY, "--yes", "--on", there)
        assert " s" in ended.out
        system.server = "production"
        try:
            assert system.ask("GET", self.health).status == 200
            assert self.content(system) == before
        finally:
            system.server = "staging"

    def test_its_containers_may_do_little(self, system: System) -> None:
        host = ".HostConfig."
        asked = ("Config.User", f"{host}ReadonlyRootfs", f"{host}CapDrop", f"{host}SecurityOpt")
        form = "|".join(f"{{{{.{name.removeprefix('.')}}}}}" for name in asked)
        for service in ("backend", "frontend"):
            for found in system.inspect(service, form):
                user, read_only, dropped, security = found.split("|")
                assert user.partition(":")[0] not in {"", "0", "root"}, found
                assert (read_only, dropped) == ("true", "[ALL]"), found
                assert security == "[no-new-privileges:true]", found
        for found in system.inspect("backend", '{{index .HostConfig.LogConfig.Config "max-size"}}'):
            assert found == "10m"

    def test_the_world_reaches_it_by_tls_alone(self, system: System) -> None:
        plain = system.ask("GET", "/some/page?and=more", plain=True)
        assert plain.status == HTTPStatus.MOVED_PERMANENTLY
        assert plain.headers["location"] == f"https://{HOST}/some/page?and=more"
        page = system.ask("GET", "/some/page").headers
        assert page["strict-transport-security"] == "max-age=63072000"
        assert page["x-content-type-options"] == "nosniff"
        assert page["x-frame-options"] == "DENY"
        assert page["content-security-policy"].startswith("default-src 'self';")
        assert "referrer-policy" in page
        assert page["server"] == "nginx"
        spoken = {version: system.speaks(version) for version in TLSVersion if version > 0}
        assert {version.name for version, protocol in spoken.items() if protocol} == {
            "TLSv1_2",
            "TLSv1_3",
        }
        assert spoken[TLSVersion.TLSv1_3] == "h2"

    def test_monitoring_sees_it(self, system: System) -> None:
        watched, tag = Watched(system), json.loads(system.type("status", "--json").out)["tag"]
        watched.hurry()
        watched.add_overlay("monitoring")
        with system.under_load(self.prefix):
            system.type("deploy", "--tag", tag, "--no-backup")
        watched.all_are_up(self.databases, self.replicas)
        for alert in ("ServiceDown", "BackupTooOld", "BackupFailed"):
            watched.is_quiet(alert)

        answered = f'path="{self.prefix}/version",status="200"'
        watched.comes_to_know(f"sum(http_requests_total{{{answered}}}) > 0")
        watched.comes_to_know("sum(http_request_duration_seconds_count) > 0")
        system.ask("GET", f"{self.prefix}/nothing-is-there")
        watched.comes_to_know('sum(http_requests_total{path="none",status="404"}) > 0')
        for database in self.databases:
            watched.comes_to_know(f"{UP[database]} == 1")
        watched.comes_to_know("slipway_backup_newest_proven_timestamp_seconds > 0")
        assert watched.values("slipway_backup_last_run_success") == [1]

        names = " ".join(system.replicas("backend"))
        system.on_server(f"docker stop -t 5 {names}")
        try:
            watched.fires("ServiceDown", "backend")
        finally:
            system.on_server(f"docker start {names}")
        watched.is_quiet("ServiceDown")
        wait_until(lambda: system.ask("GET", self.health).status == HTTPStatus.OK)
        watched.world_reaches_none_of_it()

    def test_nobody_may_ask_for_ever(self, system: System) -> None:
        """It takes the exception of staging away; what comes after keeps below the limits."""
        system.count_everybody()
        calls = system.ask_at_once(80, "GET", f"{self.prefix}/version")
        assert set(calls) == {HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS}
        if self.login:
            nobody = {"email": "nobody@example.com", "password": "not the right one"}
            tries = system.ask_at_once(7, "POST", self.login, nobody)
            assert tries == {HTTPStatus.UNAUTHORIZED: 5, HTTPStatus.TOO_MANY_REQUESTS: 2}
