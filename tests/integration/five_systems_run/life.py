"""What every example system goes through, one test after another: the life of an app."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from five_systems_run.system import KEY, System

PROVEN = 2


class Life(ABC):
    """The tests of one system. A subclass names it and says what its data are."""

    app: ClassVar[str]
    prefix: ClassVar[str] = "/api/v1"
    health: ClassVar[str] = "/health"
    replicas: ClassVar[int] = 1
    extras: ClassVar[tuple[str, ...]] = ()

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
