"""Where the progress of a run is told, and how long its steps take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from deploy.errors import Changed

Timings = list[tuple[str, float]]


class Report(Protocol):
    """Where the progress of a run is told."""

    def begin(self, title: str) -> None:
        """Say that a step begins."""

    def say(self, line: str) -> None:
        """Pass on a line of a step's output."""

    def end(self, title: str, seconds: float, *, ok: bool) -> None:
        """Say how a step ended."""

    def note(self, text: str) -> None:
        """Say something between steps."""


def look_again(report: Report, changed: Changed) -> None:
    """Say that what was planned no longer fits what is there."""
    report.note(f"{changed.place}: {changed.wrong}: looking again")


@contextmanager
def timed(report: Report, timings: Timings, title: str) -> Iterator[None]:
    """Report what happens inside as a step; remember its seconds when it ends well."""
    begun = time.monotonic()
    report.begin(title)
    try:
        yield
    except BaseException:
        report.end(title, time.monotonic() - begun, ok=False)
        raise
    seconds = time.monotonic() - begun
    timings.append((title, seconds))
    report.end(title, seconds, ok=True)
