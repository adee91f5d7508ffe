"""nginx itself changes: its image, its configuration; or refuses to."""

import pytest
from stage import Stage

OTHER = "nginx:1.29-alpine"
IMAGE = "image: ${NGINX_IMAGE:-nginx:1.30-alpine}"
NEVER_UP = (IMAGE, f'{IMAGE}\n    entrypoint: ["sh", "-c", "echo no start today; exit 1"]')
HEADER = ("proxy_buffering off;", "proxy_buffering off;\n            add_header X-Nginx changed;")
SECOND = """\
  second:
    image: python:3.11-slim
    command: ["python3", "-u", "/srv/web.py"]
    init: true
    environment: { VERSION: second }
    volumes: ["./web.py:/srv/web.py:ro"]
    expose: ["8000"]
    networks: [back]
    deploy: { update_config: { order: start-first, monitor: 1s } }

"""
REFUSED = [
    ("has a syntax error", ("access_log off;", "acess_log off;"), 'unknown directive "acess_log"'),
    pytest.param(
        *(
            "names an unknown upstream",
            ("http://web;", "http://wbe;"),
            "host not found in upstream",
        ),
        marks=pytest.mark.thorough,
    ),
]


def image_of_nginx(stage: Stage) -> str:
    form = "{{.Config.Image}}"
    return stage.on_server(f"docker inspect --format '{form}' {stage.replicas('nginx')[0]}")


def test_another_image(stage: Stage) -> None:
    with stage.scenario("nginx is upgraded to another image, and back") as scenario:
        ended = stage.deploy(scenario.old, NGINX_IMAGE=OTHER)
        scenario.ends(ended, 0, f"(tag {scenario.old}) serves")
        assert image_of_nginx(stage).startswith(f"{OTHER}@sha256:")
        scenario.serves(scenario.old)
        scenario.status(f"tag {scenario.old}")
        scenario.converge()
        assert image_of_nginx(stage).startswith("nginx:1.30-alpine@sha256:")


def test_its_configuration_and_the_app_change_at_once(stage: Stage) -> None:
    with stage.scenario("nginx is configured anew by a new release") as scenario:
        with stage.edited("nginx.conf", HEADER):
            scenario.ends(scenario.deploy(), 0, f"(tag {scenario.new}) serves")
        nginx = stage.replicas("nginx")[0]
        shown = stage.on_server(
            f"docker exec {nginx} curl -sSi -H Host:tiny.test http://127.0.0.1/x"
        )
        assert "X-Nginx: changed" in shown
        scenario.serves(scenario.new)


@pytest.mark.parametrize(("fault", "change", "evidence"), REFUSED)
def test_it_refuses(stage: Stage, fault: str, change: tuple[str, str], evidence: str) -> None:
    with stage.scenario(f"the new configuration of nginx {fault}") as scenario:
        with stage.edited("nginx.conf", change):
            ended = scenario.deploy()
        scenario.ends(ended, 3, "`nginx -t`", "rolled back")
        assert evidence in scenario.printed
        scenario.serves(scenario.old)
        scenario.status(f"tag {scenario.old}")


@pytest.mark.thorough
def test_it_still_names_a_service_that_is_gone(stage: Stage) -> None:
    with stage.scenario("nginx still names a service that is gone") as scenario:
        second = ("  nginx:\n", SECOND + "  nginx:\n")
        location = ("location / {", "location /s/ { proxy_pass http://second; } location / {")
        with stage.edited("compose.yaml", second), stage.edited("nginx.conf", location):
            scenario.ends(stage.deploy(scenario.old), 0, f"(tag {scenario.old}) serves")
        with stage.edited("nginx.conf", location):
            ended = stage.deploy(scenario.old)
        scenario.ends(ended, 1, "its configuration sends to second", "put the service back")
        scenario.serves(scenario.old)


@pytest.mark.thorough
def test_its_new_image_never_comes_up(stage: Stage) -> None:
    with stage.scenario("the new image of nginx crashes on boot") as scenario:
        containers = stage.containers()
        with stage.edited("compose.yaml", NEVER_UP):
            ended = stage.deploy(scenario.old)
        scenario.ends(ended, 1, "nginx", "the new one does not start")
        assert "no start today" in scenario.printed
        assert stage.containers() == containers
        scenario.serves(scenario.old)
