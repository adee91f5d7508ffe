"""The daily work on this machine: `inv up`, change something, see it, throw it away."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from five_systems_run.lent import lent
from five_systems_run.system import lay_out
from stage import wait_until
from workspace import CHECKOUT, Ended, Workspace

from deploy.sandbox import Sandbox
from deploy.wiring.sandbox import start_sandbox

pytestmark = pytest.mark.thorough


PYTHON = ("backend/app/routes/probes.py", '{"version": ', '{"changed": "yes", "version": ')
NODE = ("backend/src/routes/probes.js", "({ version:", "({ changed: 'yes', version:")


@dataclass(frozen=True)
class Example:
    """An example, what it needs, and a change of its source."""

    app: str
    change: tuple[str, str, str] = PYTHON
    prefix: str = "/api/v1"
    extras: tuple[str, ...] = ("node",)
    db_image: str = ""


EXAMPLES = (
    Example("transformation-coaching", extras=()),
    Example("coaching-platform", extras=("chroma",)),
    Example("loc8"),
    Example("training-club", prefix="/api", extras=("node", "mysql"), db_image="mysql:9"),
    Example("task-manager", change=NODE),
)


class Bench(Workspace):
    """An example in a checkout of its own, on this machine."""

    def type(self, *arguments: str) -> Ended:
        ended = self.inv(*arguments, timeout=900)
        assert ended.code == 0, ended.all
        return ended


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.app)
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    return found


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path, example: Example) -> Iterator[Bench]:
    start_sandbox(CHECKOUT, print, example.extras)
    lay_out(tmp_path, example.app)
    base = 20_000 + uuid.uuid4().int % 1000 * 10
    names = ("HTTP", "BACKEND", "FRONTEND", "VITE", "DB", "REDIS")
    made = Bench(tmp_path, sandbox, example.app)
    made.environment = {f"{name}_PORT": str(base + n) for n, name in enumerate(names)}
    made.environment["DB_IMAGE"] = example.db_image
    with lent({"python", "nginx", "postgres", "redis", *example.extras}):
        yield made
        made.type("reset", "--yes")


def version(bench: Bench, example: Example) -> dict[str, Any]:
    """Return what the backend says of itself through nginx; nothing while it starts again."""
    address = f"http://127.0.0.1:{bench.environment['HTTP_PORT']}{example.prefix}/version"
    try:
        with urlopen(address, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def test_a_change_of_the_source_is_seen_at_once(bench: Bench, example: Example) -> None:
    ended = bench.type("up")
    assert f"nginx: 127.0.0.1:{bench.environment['HTTP_PORT']} -> 80" in ended.out
    bench.type("migrate")
    assert version(bench, example)
    assert "nothing stands against it" in bench.type("doctor").out

    file, before, after = example.change
    source = bench.folder / "examples" / example.app / file
    source.write_text(source.read_text().replace(before, after))
    wait_until(lambda: bool(version(bench, example).get("changed")))

    assert bench.type("logs", "--service", "backend").out
    assert bench.type("exec", "echo here", "--service", "backend").out == "here\n"
    bench.type("down")
    assert version(bench, example) == {}
