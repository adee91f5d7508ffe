"""The connection may break at any moment, for some seconds or for good: users notice nothing."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from connection_may_break import moments
from connection_may_break.moments import Moment
from line import Line, own_line
from running import Running
from stage import Scenario, Stage
from workspace import Ended

from deploy.errors import Unreachable
from deploy.host.command import Command
from deploy.host.ssh import SshHost
from deploy.sandbox import Sandbox

AWAY = 5  # seconds without a connection
REFUSED, ROLLED_BACK, PERSON = 1, 3, 4
BROKE = "the connection broke"
HOW = {"dropped": "packets are dropped", "reset": "the connection is reset"}


@pytest.fixture(scope="module")
def line(sandbox: Sandbox) -> Iterator[Line]:
    with own_line(sandbox, "staging") as found:
        yield found


@pytest.fixture(scope="module")
def stage(line: Line, stages: Callable[..., Stage]) -> Stage:
    """The app on `staging`, which is reached by a line of its own."""
    found = stages()
    state = found.folder / ".sandbox"
    state.unlink()
    state.mkdir()
    line.lead(state)
    return found


@dataclass(frozen=True)
class End:
    """What a run ends with: its exit code, words of its message, and which release serves then."""

    code: int
    words: tuple[str, ...]
    serves: str


DONE = End(0, ("serves after",), "new")
NOTHING_CHANGED = End(REFUSED, (BROKE, "run the same command again"), "old")
WENT_BACK = End(ROLLED_BACK, (BROKE, "rolled back, release"), "old")
GONE = (BROKE, "it could not be reached again", "`inv status`", "`inv deploy`")


def quick(*values: object) -> object:
    return pytest.param(*values, id="-".join(_name(value) for value in values[:-1]))


def thorough(*values: object) -> object:
    names = "-".join(_name(value) for value in values[:-1])
    return pytest.param(*values, marks=pytest.mark.thorough, id=names)


def _name(value: object) -> str:
    return value if isinstance(value, str) else str(getattr(value, "__name__", value))


def play(scenario: Scenario, line: Line, moment: Moment, how: str, away: float) -> Ended:
    """Deploy, and break the connection at this moment, for `away` seconds or until it has ended."""
    stage = scenario.stage
    try:
        with moment(stage, line) as reached:
            running = Running(stage, "deploy", "--env", "staging", "--tag", scenario.new)
            reached(running)
            line.cut(how)
        if away:
            time.sleep(away)
            line.mend()
        return running.ends()
    finally:
        line.mend()


def assert_ended(scenario: Scenario, ended: Ended, end: End) -> None:
    scenario.ends(ended, end.code, *end.words)
    scenario.serves(scenario.old if end.serves == "old" else scenario.new)
    scenario.status()


def test_a_connection_that_broke_is_not_called_a_wrong_address(line: Line, tmp_path: Path) -> None:
    host = SshHost(f"deploy@{line.server}.sandbox", (line.lead(tmp_path),))
    assert host.run(Command(("true",))).exit_code == 0
    line.cut("reset")
    try:
        for _ in range(2):
            with pytest.raises(Unreachable, match="the connection broke"):
                host.run(Command(("true",)))
    finally:
        line.mend()
    assert host.run(Command(("true",))).exit_code == 0


@pytest.mark.parametrize(
    ("moment", "how", "end"),
    [
        thorough(moments.observe, "dropped", DONE),
        thorough(moments.observe, "reset", NOTHING_CHANGED),
        thorough(moments.pull, "dropped", DONE),
        thorough(moments.pull, "reset", NOTHING_CHANGED),
        thorough(moments.migrate, "dropped", DONE),
        thorough(moments.migrate, "reset", NOTHING_CHANGED),
        thorough(moments.start, "dropped", DONE),
        quick(moments.start, "reset", WENT_BACK),
        quick(moments.switch, "dropped", DONE),
        thorough(moments.switch, "reset", WENT_BACK),
        thorough(moments.drain, "dropped", DONE),
        quick(moments.drain, "reset", WENT_BACK),
        thorough(moments.record, "dropped", DONE),
        quick(moments.record, "reset", DONE),
    ],
)
def test_it_comes_back(stage: Stage, line: Line, moment: Moment, how: str, end: End) -> None:
    when = f"during {moment.__name__}, for {AWAY} s"
    with stage.scenario(f"{HOW[how]} {when}") as scenario:
        assert_ended(scenario, play(scenario, line, moment, how, AWAY), end)


@pytest.mark.parametrize(
    ("moment", "how", "end"),
    [
        thorough(moments.observe, "dropped", End(REFUSED, (), "old")),
        thorough(moments.observe, "reset", End(REFUSED, (), "old")),
        thorough(moments.pull, "dropped", NOTHING_CHANGED),
        thorough(moments.pull, "reset", NOTHING_CHANGED),
        thorough(moments.migrate, "dropped", End(PERSON, GONE, "old")),
        thorough(moments.migrate, "reset", End(PERSON, GONE, "old")),
        quick(moments.start, "dropped", End(PERSON, GONE, "old")),
        thorough(moments.start, "reset", End(PERSON, GONE, "old")),
        thorough(moments.switch, "dropped", End(PERSON, GONE, "new")),
        thorough(moments.switch, "reset", End(PERSON, GONE, "new")),
        thorough(moments.drain, "dropped", End(PERSON, GONE, "new")),
        thorough(moments.drain, "reset", End(PERSON, GONE, "new")),
        thorough(moments.record, "dropped", End(PERSON, GONE, "new")),
        thorough(moments.record, "reset", End(PERSON, GONE, "new")),
    ],
)
def test_it_never_comes_back(stage: Stage, line: Line, moment: Moment, how: str, end: End) -> None:
    with stage.scenario(f"{HOW[how]} during {moment.__name__}, for good") as scenario:
        assert_ended(scenario, play(scenario, line, moment, how, 0), end)
