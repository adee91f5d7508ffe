"""Real servers for every test here: the sandbox of this checkout."""

import fcntl
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ledger import Ledger
from own_registry import OwnRegistry
from stage import Stage, make_stage
from workspace import CHECKOUT, Workspace, make_workspace

from deploy.sandbox import Sandbox
from deploy.wiring.sandbox import start_sandbox


@pytest.fixture(scope="session", autouse=True)
def _heed_sigint() -> None:
    """A shell starts jobs in the background deaf to SIGINT, and `inv` would be so with them."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox of this checkout, started if it is not up; it stays up for the next run."""
    start_sandbox(CHECKOUT, lambda line: print(line, file=sys.stderr))
    return Sandbox.at(CHECKOUT)


@pytest.fixture(scope="module")
def production_alone(sandbox: Sandbox) -> Iterator[None]:
    """Files of tests that hurt a whole server do it to `production`, one file after another."""
    with (sandbox.state / "production.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def tiny(sandbox: Sandbox, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the tiny app under a name of its own; removed afterwards."""
    workspace = make_workspace(sandbox, tmp_path / "checkout", f"t{uuid.uuid4().hex[:8]}")
    yield workspace
    workspace.remove()


@pytest.fixture(scope="module")
def stages(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, ledger: Ledger
) -> Iterator[Callable[..., Stage]]:
    """Makes stages with the arguments of `make_stage`; they are closed behind the file."""
    with ExitStack() as made:

        def make(**wanted: Any) -> Stage:
            folder = tmp_path_factory.mktemp("stage") / "checkout"
            found = make_stage(sandbox, folder, ledger, **wanted)
            made.callback(found.close)
            return found

        yield make


@pytest.fixture(scope="module")
def stage(stages: Callable[..., Stage]) -> Stage:
    """The tiny app, serving traffic; the scenarios of a file play on it one after another."""
    return stages()


@pytest.fixture(scope="module")
def registry(stage: Stage) -> Iterator[OwnRegistry]:
    """A registry on the stage's server that can fail."""
    found = OwnRegistry(stage)
    try:
        found.open()
        yield found
    finally:
        found.close()


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Where the scenarios write their rows: `--ledger FILE`."""
    return Ledger(pytestconfig.getoption("--ledger"))
