"""What one app needs, every app can have: monitoring, and of what it has alone."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.errors import SettingsError
from deploy.settings import find_app

CHECKOUT = Path(__file__).resolve().parents[3]
COMPOSE = CHECKOUT / "compose"
SHARED = COMPOSE / "monitoring"
APPS = sorted(path.parent.name for path in COMPOSE.glob("*/deploy.toml"))


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def overlay(app: str) -> Any:
    return read(COMPOSE / app / "compose.monitoring.yaml")


def exporters(services: Any) -> set[str]:
    return {name for name in services if name.endswith("-exporter")}


def watched(job: str) -> set[str]:
    """Return the services that a file of Prometheus names."""
    return set(re.findall(r"[a-z]+-exporter", (SHARED / "prometheus" / job).read_text()))


def test_what_is_shared_is_no_app() -> None:
    with pytest.raises(SettingsError, match=r"compose/monitoring has no deploy\.toml"):
        find_app(CHECKOUT, "monitoring")
    assert "monitoring" not in APPS


@pytest.mark.parametrize("app", APPS)
def test_each_job_of_an_app_has_its_exporter_and_each_exporter_its_job(app: str) -> None:
    services = overlay(app)["services"]
    mounts = [place.split(":") for place in services["prometheus"]["volumes"]]
    told = watched("prometheus.yml")
    for source, target, mode in mounts:
        assert (COMPOSE / app / source).is_file(), source
        assert (Path(target).parent.as_posix(), mode) == ("/etc/prometheus/jobs", "ro")
        told |= watched(source.partition("/prometheus/")[2])
    assert told == exporters(services)


@pytest.mark.parametrize("app", APPS)
def test_an_exporter_that_may_be_missing_is_looked_for_by_name(app: str) -> None:
    services = overlay(app)["services"]
    by_profile = {name for name in services if services[name].get("profiles")}
    found = re.findall(r"jobs/by-profile/\w+\.yml", str(services["prometheus"]["volumes"]))
    assert set().union(*map(watched, found)) == by_profile


@pytest.mark.parametrize("app", APPS)
def test_a_backup_is_told_where_the_exporter_reads(app: str) -> None:
    (mount,) = overlay(app)["services"]["node-exporter"]["volumes"]
    settings = tomllib.loads((COMPOSE / app / "deploy.toml").read_text())
    assert settings["backup"]["metrics"] == f"server:/opt/{app}/metrics/{{project}}.prom"
    assert mount["source"] == f"${{METRICS_DIR:-/opt/{app}/metrics}}"
    assert mount["bind"] == {"create_host_path": False}


@pytest.mark.parametrize("app", APPS)
def test_the_world_is_told_no_metrics(app: str) -> None:
    site = (CHECKOUT / "nginx" / "sites" / f"{app}.conf").read_text()
    assert re.search(r"location = /metrics \{\s+return 404;\s+\}", site)


def test_nothing_is_published_but_on_loopback() -> None:
    for name, service in read(SHARED / "compose.yaml")["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name


def test_the_dashboard_asks_for_what_is_counted() -> None:
    board = json.loads((SHARED / "grafana" / "dashboards" / "app.json").read_text())
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    counted = {"http_requests_total", "http_request_duration_seconds_bucket"}
    assert set(re.findall(r"\w+_requests?_\w+", asked)) == counted


def test_the_alerts_ask_for_what_is_counted() -> None:
    alerts = (SHARED / "prometheus" / "alerts.yml").read_text()
    assert set(re.findall(r"\w+_requests?_\w+", alerts)) == {"http_requests_total"}
