"""Transformation Coaching, measured: Prometheus, its exporters, and what stands in for Grafana."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from five_systems_run.system import alone, make_system
from five_systems_run.watched import (
    PATIENCE,
    Watched,
    metrics_folder,
    ready_for,
    services_for,
)
from stage import wait_until
from workspace import CHECKOUT

from deploy.sandbox import Sandbox

APP = "transformation-coaching"
DATABASES = ("postgres",)
EXTRAS = services_for(DATABASES)
EXPORTERS = tuple(name for name in EXTRAS if name.endswith("-exporter"))
METRICS = metrics_folder(APP)
RULES = CHECKOUT / "compose" / "monitoring" / "prometheus" / "alerts.yml"
CASES = Path(__file__).parent / "alerts_test.yml"
LIMITS = {  # memory in MiB, thousandths of a processor
    "prometheus": (512, 500),
    "grafana": (384, 500),
    **dict.fromkeys(EXPORTERS, (64, 250)),
}
pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def watched(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("monitoring") / "checkout"
    with alone(sandbox, APP):
        system = make_system(sandbox, folder, APP, extras=EXTRAS, on_servers=ready_for(APP))
        found = Watched(system)
        found.hurry()
        yield found
        system.close()


def test_monitoring_comes_to_a_live_app_without_a_failed_request(watched: Watched) -> None:
    watched.add_overlay("monitoring")
    with watched.system.under_load("/api/v1"):
        watched.system.type("deploy", "--tag", "v1", "--no-backup")
    for service in EXTRAS:
        assert len(watched.system.replicas(service)) == 1, service


def test_every_target_is_up(watched: Watched) -> None:
    watched.all_are_up(DATABASES)
    assert watched.values("pg_up") == [1]
    assert watched.values("nginx_up") == [1]
    assert watched.values("sum(nginx_connections_accepted)")[0] > 0
    assert watched.values("sum(node_memory_MemTotal_bytes)")[0] > 0
    assert watched.values("count(node_filesystem_avail_bytes)")[0] > 0
    watched.comes_to_know("sum(http_requests_total)")


def test_the_rules_are_loaded_and_promtool_finds_no_fault(watched: Watched) -> None:
    groups = watched.prometheus("rules")["groups"]
    rules = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert rules == dict.fromkeys(
        ["ServiceDown", "ErrorRate", "BackupTooOld", "BackupFailed", "DiskFull", "DiskFillsUp"],
        "ok",
    )
    check = "promtool check config --lint-fatal /etc/prometheus/prometheus.yml 2>&1"
    assert "6 rules found" in watched.system.inside("prometheus", check)


def test_the_rules_fire_when_they_should(watched: Watched) -> None:
    script = ""
    for file in (RULES, CASES):  # the rules as they are, not in a hurry
        text = base64.b64encode(file.read_bytes()).decode()
        script += f"echo {text} | base64 -d >/tmp/{file.name}; "
    script += f"promtool test rules /tmp/{CASES.name} 2>&1"
    assert "SUCCESS" in watched.system.inside("prometheus", script)


def test_an_old_backup_is_told_and_a_new_one_ends_it(watched: Watched) -> None:
    watched.fires("BackupTooOld")
    watched.system.type("backup")
    (snapshot,) = json.loads(watched.system.type("backup.list", "--json").out)
    assert {name.split(".")[0] for name in snapshot["archives"]} == {"db", "release"}
    watched.is_quiet("BackupTooOld")
    assert watched.values("slipway_backup_last_run_success") == [1]
    file = f"{METRICS}/{watched.system.project}.prom"
    old = "s/^(slipway_backup_newest_proven_timestamp_seconds.*) .*/\\1 1000/"
    watched.system.on_server(f"sed -E -i '{old}' {file}")
    watched.fires("BackupTooOld")


def test_a_stopped_database_is_told_and_so_are_the_errors_it_makes(watched: Watched) -> None:
    system = watched.system
    (name,) = system.replicas("db")
    system.on_server(f"docker stop -t 5 {name}")
    try:
        watched.fires("ServiceDown", "postgres")
        wrong = {"email": "ann@example.com", "password": "a long password"}

        def errors_are_told() -> bool:
            assert system.ask("POST", "/api/v1/auth/login", wrong).status == 500
            return "ErrorRate" in watched.alerts()

        wait_until(errors_are_told, PATIENCE)
    finally:
        system.on_server(f"docker start {name}")
    watched.is_quiet("ServiceDown")


def test_a_stopped_backend_is_told(watched: Watched) -> None:
    (name,) = watched.system.replicas("backend")
    watched.system.on_server(f"docker stop -t 5 {name}")
    try:
        watched.fires("ServiceDown", "backend")
    finally:
        watched.system.on_server(f"docker start {name}")
    watched.is_quiet("ServiceDown")


def test_the_world_reaches_none_of_it(watched: Watched) -> None:
    system = watched.system
    watched.world_reaches_none_of_it()
    form = "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}"
    assert system.inspect("prometheus", form) == ["127.0.0.1:9090"]
    assert system.inspect("grafana", form) == ["127.0.0.1:3000"]
    for service in EXPORTERS:
        assert system.inspect(service, form) == []


def test_grafana_has_what_the_files_say(watched: Watched) -> None:
    login = f"admin:{watched.secrets()['GRAFANA_PASSWORD']}"
    assert "stand-in" in watched.grafana("health")["version"]
    assert "401" in watched.get("http://127.0.0.1:3000/api/datasources")
    (source,) = watched.grafana("datasources", login)
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    assert watched.grafana("datasources/uid/prometheus/health", login) == {"status": "OK"}
    (found,) = watched.grafana("search?type=dash-db", login)
    board = watched.grafana(f"dashboards/uid/{found['uid']}", login)["dashboard"]
    for panel in board["panels"]:
        for target in panel["targets"]:
            watched.prometheus(f"query?query={quote(target['expr'])}")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("provisioning/datasources/prometheus.yaml", "a: [b"),
        ("provisioning/datasources/prometheus.yaml", "apiVersion: 1\ndatasources: [{name: x}]"),
        ("dashboards/app.json", "{"),
    ],
)
def test_files_that_grafana_would_refuse_are_refused(
    watched: Watched, file: str, text: str
) -> None:
    script = f"""
        rm -rf /tmp/g; cp -R /etc/grafana /tmp/g; chmod -R u+w /tmp/g
        printf '%s' '{text}' >/tmp/g/{file}
        sed -i s:/etc/grafana:/tmp/g: /tmp/g/provisioning/dashboards/files.yaml
        export GF_PATHS_PROVISIONING=/tmp/g/provisioning
        timeout 10 python3 /usr/share/grafana/stand_in.py 2>&1 || echo "ended $?"
    """
    said = watched.system.inside("grafana", script)
    assert "refused, as Grafana would" in said
    assert "ended 1" in said


def test_what_is_secret_is_a_file_and_not_in_docker_inspect(watched: Watched) -> None:
    system, secrets = watched.system, watched.secrets()
    shown = system.on_server(f"docker inspect {' '.join(system.containers())}")
    assert "/run/secrets/postgres_password" in shown
    for name in ("POSTGRES_PASSWORD", "GRAFANA_PASSWORD"):
        assert len(secrets[name]) >= 32
        assert secrets[name] not in shown
    for service in ("db", "backend", "postgres-exporter"):
        read = system.inside(service, "cat /run/secrets/postgres_password")
        assert read == secrets["POSTGRES_PASSWORD"], service
    place = f"{system.root}/files/*/*_password"
    assert len(system.on_server(f"ls {place}").split()) == 2
    assert "Permission denied" in system.on_server(f"cat {system.root}/files/", user="nobody")
    for folder in (system.root, f"{system.root}/files"):
        assert system.on_server(f"stat -c %a {folder}").strip() == "700"


@pytest.mark.parametrize("service", sorted(LIMITS))
def test_it_runs_as_nobody_in_particular_and_within_limits(watched: Watched, service: str) -> None:
    system, (memory, cpus) = watched.system, LIMITS[service]
    form = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.ReadonlyRootfs}}"
    form += " {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.State.Pid}}"
    *found, pid = system.inspect(service, form)
    assert found == [
        str(memory * 2**20),
        str(cpus * 10**6),
        "true",
        "[ALL]",
        "[no-new-privileges:true]",
    ]
    status = system.on_server(f"cat /proc/{pid}/status")
    user, powers = re.search(r"Uid:\s+(\d+)", status), re.search(r"CapEff:\s+(\w+)", status)
    assert user is not None
    assert int(user[1]) > 0
    assert powers is not None
    assert int(powers[1], 16) == 0


@pytest.mark.parametrize(
    ("service", "memory", "cpus", "hardened"),
    [
        ("nginx", 256, 1000, "true null"),
        ("frontend", 64, 500, 'true ["ALL"]'),
        ("backend", 384, 1000, 'true ["ALL"]'),
        ("db", 512, 1000, "false null"),
    ],
)
def test_the_app_itself_keeps_its_limits(
    watched: Watched, service: str, memory: int, cpus: int, hardened: str
) -> None:
    form = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}"
    form += (
        " {{.HostConfig.ReadonlyRootfs}} {{json .HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    )
    found = watched.system.inspect(service, form)
    wanted = [str(memory * 2**20), str(cpus * 10**6), *hardened.split()]
    assert found == [*wanted, "[no-new-privileges:true]"]


def test_every_route_leads_where_it_should(watched: Watched) -> None:
    system = watched.system
    assert system.ask("GET", "/health", plain=True).status == 301
    assert system.ask("GET", "/health").json["status"] == "healthy"
    assert system.ask("GET", "/api/v1/version").json == {"version": "v1"}
    assert system.ask("POST", "/api/v1/auth/login", {"email": "x"}).status == 422
    assert system.ask("GET", "/api/v1/workouts").status == 401
    assert system.ask("GET", "/api/v1/ws").status in {403, 404, 426}
    assert system.ask("GET", "/anything").body.startswith(b"<!doctype html>")


def test_three_backends_are_asked_by_how_busy_they_are(watched: Watched) -> None:
    watched.add_overlay("scale")
    with watched.system.under_load("/api/v1"):
        watched.system.type("deploy", "--tag", "v1", "--no-backup")
    assert len(watched.system.replicas("backend")) == 3
    written = watched.system.inside("nginx", "cat /etc/nginx/upstreams/backend.conf; nginx -T")
    (first, loaded) = re.findall(r"upstream backend \{.*?\n\}", written, re.DOTALL)
    assert first == loaded
    assert re.search(r"^\s*least_conn;$", loaded, re.MULTILINE)
    assert len(re.findall(r"^\s*server \S+-backend-\d:8000 ", loaded, re.MULTILINE)) == 3
    wait_until(lambda: watched.targets()["backend"] == ["up"] * 3, PATIENCE)
