"""For all tests: in CI nothing may be skipped, so that a missing engine never turns a run green."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Where assertions stand outside of test files, they are to say as much when they fail.
pytest.register_assert_rewrite("stage", "workspace", "five_systems_run", "backups_come_back")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Turn a skip into a failure where CI is set."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("slipway")
    group.addoption("--thorough", action="store_true", help="also the tests marked `thorough`")
    group.addoption("--ledger", type=Path, help="write what each fault scenario showed to a file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the thorough tests out, unless they are asked for."""
    if config.getoption("--thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=thorough)
    items[:] = [item for item in items if item not in thorough]


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """A run leaves its process deaf to signals: the next test begins as a terminal's job does."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    }
    yield
    for number, action in before.items():
        signal.signal(number, action)
