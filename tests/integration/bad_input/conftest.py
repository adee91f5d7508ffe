"""One deployed v1 for all tests that must leave it as it is."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_input.expect import assert_nothing_there, assert_serves
from workspace import Workspace, make_workspace

from deploy.sandbox import Sandbox


@pytest.fixture(scope="session")
def served(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The tiny app as v1, deployed once."""
    folder = tmp_path_factory.mktemp("served") / "checkout"
    workspace = make_workspace(sandbox, folder, f"t{uuid.uuid4().hex[:8]}")
    first = workspace.deploy("v1")
    assert first.code == 0, first.all
    yield workspace
    workspace.remove()


@pytest.fixture
def live(served: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """A fresh checkout of the app that serves v1: in the end the same containers still serve it."""
    before = served.containers()
    yield make_workspace(served.sandbox, tmp_path / "checkout", served.app)
    assert_serves(served, "v1")
    assert served.containers() == before


@pytest.fixture
def production(production_alone: None, tiny: Workspace) -> Iterator[Workspace]:  # noqa: ARG001
    """A checkout of an app that was never deployed to `production`, and never will be."""
    settings = tiny.folder / "deploy.toml"
    settings.write_text(settings.read_text().replace("staging.sandbox", "production.sandbox"))
    tiny.server = "production"
    yield tiny
    assert_nothing_there(tiny)
