"""Real servers for every test here: the sandbox of this checkout."""

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import CHECKOUT, Workspace, make_workspace

from deploy.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox of this checkout, started if it is not up; it stays up for the next run."""
    found = Sandbox.at(CHECKOUT)
    found.up(lambda line: print(line, file=sys.stderr))
    return found


@pytest.fixture
def tiny(sandbox: Sandbox, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the tiny app under a name of its own; removed afterwards."""
    workspace = make_workspace(sandbox, tmp_path / "checkout", f"t{uuid.uuid4().hex[:8]}")
    yield workspace
    workspace.remove()
