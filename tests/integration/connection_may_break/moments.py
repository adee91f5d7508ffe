"""Moments of a deploy that last long enough to break in: each says what makes it last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from ballast import push_big_image
from line import Line
from running import Running
from stage import Stage, wait_until

TELL = "echo migrating | tr a-z A-Z; sleep 7"  # the plan shows it as it stands here
MIGRATE = f'migrate = {{ service = "web", command = "sh -c \'{TELL}\'" }}'

Reached = Callable[[Running], None]
Moment = Callable[[Stage, Line], AbstractContextManager[Reached]]


@contextmanager
def observe(_stage: Stage, line: Line) -> Iterator[Reached]:
    """The first command is held still: what it says is on its way when the line is cut."""
    yield lambda _: line.hold()


@contextmanager
def pull(stage: Stage, _line: Line) -> Iterator[Reached]:
    """The new release has an image that takes seconds to pull."""
    with stage.having(WEB_IMAGE=push_big_image(stage)):
        yield lambda running: running.says("pulling")


@contextmanager
def migrate(stage: Stage, _line: Line) -> Iterator[Reached]:
    with stage.edited("deploy.toml", ("keep = 3", f"keep = 3\n{MIGRATE}")):
        yield lambda running: running.says("MIGRATING")


@contextmanager
def start(stage: Stage, _line: Line) -> Iterator[Reached]:
    with stage.having(MODE="slowstart"):
        yield lambda running: running.says("starting")


@contextmanager
def switch(_stage: Stage, _line: Line) -> Iterator[Reached]:
    yield lambda running: running.says("rehearsed:")


@contextmanager
def drain(stage: Stage, _line: Line) -> Iterator[Reached]:
    """Requests of 5 seconds are under way: it lasts as long as they do."""
    yield lambda _: wait_until(lambda: stage.step() == "drain")


@contextmanager
def record(stage: Stage, _line: Line) -> Iterator[Reached]:
    with stage.held_at_record() as held:
        yield lambda _: held()
