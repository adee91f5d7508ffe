"""A Compose file that Compose refuses, or that asks for what cannot be deployed."""

import pytest
from bad_input.expect import REFUSED, assert_ended, edit
from workspace import Workspace


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("    init: true\n", "    inti: true\n", "{compose}", ["services.web", "inti", "mend"]),
        ("    init: true\n", "   init: true\n", "{compose}", ["yaml: line ", "mend the file"]),
        ("    init: true\n", "    init: 5 apples\n", "{compose}", ["services.web.init", "mend"]),
        (
            "services:\n",
            "services:\n  job: { build: . }\n",
            "services.job",
            ["no image name", "image: "],
        ),
        ("  web:\n", "  edge:\n", "services.edge", ["needs this name", "rename the service"]),
        (
            "services:\n",
            "services:\n  second: { image: nginx:1.30-alpine, ports: ['81'] }\n",
            "services.",
            ["second", "nginx", "both nginx", "ports from one"],
        ),
        (
            '    expose: ["8000"]\n',
            "",
            "services.web",
            ["nginx sends requests to it", "`expose`", "`x-upstream: false`"],
        ),
        (
            '    expose: ["8000"]\n',
            '    expose: ["8000"]\n    x-upstream: { prot: 80 }\n',
            "services.web.x-upstream",
            ["'prot' is unknown", "port, balance, keepalive"],
        ),
        (
            "./web.py:/srv",
            "./absent.py:/srv",
            "services.web.volumes",
            ["absent.py is not there", "mend the path"],
        ),
    ],
    ids=[
        "unknown property",
        "bad YAML",
        "wrong type",
        "build without image",
        "reserved name",
        "two proxies",
        "no port for nginx any more",
        "unknown key of an upstream",
        "missing mounted file",
    ],
)
def test_fault(live: Workspace, old: str, new: str, place: str, words: list[str]) -> None:
    compose = live.folder / "compose.yaml"
    edit(compose, old, new)
    assert_ended(live.deploy("v2"), REFUSED, place.format(compose=compose), *words)


def test_no_service_to_migrate(live: Workspace) -> None:
    edit(
        live.folder / "deploy.toml",
        "keep = 3",
        'migrate = { service = "wbe", command = "true" }',
    )
    place = f"{live.folder / 'deploy.toml'}: rollout.migrate.service"
    assert_ended(live.deploy("v2"), REFUSED, place, "'wbe'", "web")


def test_missing_compose_file(live: Workspace) -> None:
    (live.folder / "compose.yaml").unlink()
    place = f"{live.folder / 'deploy.toml'}:"
    assert_ended(live.deploy("v2"), REFUSED, place, "compose.yaml", "mend the path")


def test_a_url_with_a_port_that_nginx_does_not_have(live: Workspace) -> None:
    edit(live.folder / "deploy.toml", "http://tiny.test/", "http://tiny.test:8080/")
    place = f"{live.folder / 'deploy.toml'}: environments.staging.url"
    assert_ended(live.deploy("v2"), REFUSED, place, "no port 8080 of nginx", "one of 80")
