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
