"""A system whose monitoring is turned on: what is asked of Prometheus and Grafana on its server."""

import json
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from dotenv import dotenv_values
from five_systems_run.system import System
from stage import wait_until
from workspace import address_of

SERVICES = ("prometheus", "node-exporter", "nginx-exporter", "grafana")
EXPORTERS = {
    "postgres": "postgres-exporter",
    "mysql": "mysqld-exporter",
    "redis": "redis-exporter",
}
"""Of each kind of database; the kind is the name of its job, too."""
UP = {"postgres": "pg_up", "mysql": "mysql_up", "redis": "redis_up"}
"""What each exporter says of the database itself."""
PORTS = (9090, 3000, 9100, 9113, 9187, 9104, 9121, 8081)
"""Where they, and nginx's status, listen in their containers; none of it for the world."""
PATIENCE = 120


def services_for(databases: Sequence[str]) -> tuple[str, ...]:
    """Return what runs beside an app with these databases; images have the same names."""
    return (*SERVICES, *(EXPORTERS[name] for name in databases))


def metrics_folder(app: str) -> str:
    return f"/opt/{app}/metrics"


def ready_for(app: str) -> str:
    """Return what makes a server ready, as root."""
    folder = metrics_folder(app)
    return f"install -d -o deploy /opt/{app} {folder}; rm -f {folder}/*"


@dataclass
class Watched:
    """The system, and what is asked of Prometheus and Grafana on its server.

    Their ports there are the usual ones, or those of the system's environment.
    """

    system: System

    @property
    def ports(self) -> tuple[str, str]:
        """Where Prometheus and Grafana are published, on the server's loopback."""
        given = self.system.environment
        return given.get("PROMETHEUS_PORT", "9090"), given.get("GRAFANA_PORT", "3000")

    def prometheus(self, path: str) -> Any:
        """Ask Prometheus's own API, at the server's loopback."""
        answer = json.loads(self.get(f"http://127.0.0.1:{self.ports[0]}/api/v1/{path}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def get(self, url: str, *flags: str) -> str:
        return self.system.on_server(f"curl -fsS --max-time 10 {' '.join(flags)} '{url}'")

    def grafana(self, path: str, login: str = "") -> Any:
        flags = (f"-u '{login}'",) if login else ()
        return json.loads(self.get(f"http://127.0.0.1:{self.ports[1]}/api/{path}", *flags))

    def values(self, query: str) -> list[float]:
        found = self.prometheus(f"query?query={quote(query)}")["result"]
        return [float(each["value"][1]) for each in found]

    def comes_to_know(self, query: str) -> None:
        """Wait until a query has a result."""
        wait_until(lambda: bool(self.values(query)), PATIENCE)

    def targets(self) -> dict[str, list[str]]:
        """Return how all targets are, by job."""
        found: dict[str, list[str]] = {}
        for target in self.prometheus("targets?state=active")["activeTargets"]:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    def all_are_up(self, databases: Sequence[str], backends: int = 1) -> None:
        """Wait until each target answers, and there is one for each thing, and for nothing else."""
        wanted = {job: ["up"] for job in ("nginx", "host", "prometheus", *databases)}
        wanted["backend"] = ["up"] * backends
        wait_until(lambda: self.targets() == wanted, PATIENCE)

    def alerts(self) -> dict[str, set[str]]:
        """Return the jobs, or nothing, that each alert fires for."""
        found: dict[str, set[str]] = {}
        for alert in self.prometheus("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], set()).add(
                    alert["labels"].get("job", "")
                )
        return found

    def fires(self, name: str, job: str = "") -> None:
        wait_until(lambda: job in self.alerts().get(name, ()), PATIENCE)

    def is_quiet(self, name: str) -> None:
        wait_until(lambda: name not in self.alerts(), PATIENCE)

    def world_reaches_none_of_it(self) -> None:
        address = address_of(self.system.sandbox, self.system.server)
        for port in {*PORTS, *map(int, self.ports)}:
            with socket.socket() as probe:
                probe.settimeout(5)
                assert probe.connect_ex((address, port)) != 0, port
        assert self.system.ask("GET", "/metrics").status == HTTPStatus.NOT_FOUND
        assert b"Active connections" not in self.system.ask("GET", "/stub_status").body

    def secrets(self) -> Mapping[str, str]:
        file = self.system.folder / "compose" / self.system.app / ".env.staging"
        return {key: value or "" for key, value in dotenv_values(file).items()}

    def add_overlay(self, name: str) -> None:
        """Say in deploy.toml that staging has one overlay more."""
        file = self.system.folder / "compose" / self.system.app / "deploy.toml"
        line = r'(staging\.sandbox"\]\ncompose = \[.*)\]'
        text, times = re.subn(line, rf'\1, "compose.{name}.yaml"]', file.read_text())
        assert times == 1, file
        file.write_text(text)

    def hurry(self) -> None:
        """Measure every two seconds, and let alerts fire at once."""
        folder = self.system.folder / "compose" / "monitoring" / "prometheus"
        for name, old, new in (
            ("alerts.yml", r"for: \w+", "for: 2s"),
            ("alerts.yml", r"\[5m\]", "[20s]"),
            ("prometheus.yml", r"(scrape|evaluation)_interval: 15s", r"\1_interval: 2s"),
            ("prometheus.yml", r"scrape_timeout: 10s", r"scrape_timeout: 2s"),
        ):
            file = folder / name
            text, times = re.subn(old, new, file.read_text())
            assert times, name
            file.write_text(text)
