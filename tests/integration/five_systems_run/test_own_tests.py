"""What `inv test` and `inv lint` run: each example's own tests, on throwaway databases."""

import os
import sys
from pathlib import Path

import pytest
from five_systems_run.lent import lent
from workspace import CHECKOUT, Workspace

from deploy.sandbox import Sandbox
from deploy.wiring.sandbox import start_sandbox

pytestmark = pytest.mark.thorough

EXTRAS = {"coaching-platform": ("chroma",), "training-club": ("mysql",)}
APPS = sorted(folder.parent.name for folder in (CHECKOUT / "examples").glob("*/README.md"))


@pytest.mark.parametrize("app", APPS)
def test_its_own_tests_and_linters_pass(sandbox: Sandbox, app: str) -> None:
    extras = EXTRAS.get(app, ())
    start_sandbox(CHECKOUT, print, extras)
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # In CI nox wants each Python: a job of its own has them all. Here, what is there will do.
    around = {"PATH": tools, "DB_IMAGE": "mysql:9", "CI": ""}
    here = Workspace(CHECKOUT, sandbox, app, environment=around)

    with lent({"postgres", "redis", *extras}):
        tested = here.inv("test", "--app", app, timeout=900)
    assert tested.code == 0, tested.all
    assert "success" in tested.all
    linted = here.inv("lint", "--app", app, timeout=600)
    assert linted.code == 0, linted.all
