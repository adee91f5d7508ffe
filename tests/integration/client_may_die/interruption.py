"""Sends a signal to the client after each line that it says about its progress.

Which lines there are is read from the runs, not written down here: a new step is met without a new
test.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIGKILL, Signals
from typing import TYPE_CHECKING

import pytest
from stage import Scenario, Stage, wait_until
from workspace import Ended, ended

if TYPE_CHECKING:
    import subprocess

SHOWN, PULL, LOCK, RECORD = "the plan was shown", "pull", "lock", "record"
_UNPLANNED = {SHOWN, PULL, LOCK, RECORD}
_END_OF_PLAN = "record the release"
_PLANNED = re.compile(r" +\d+\. (.+)")
_DONE = re.compile(r" *[\d.]+ s  done  (.+)")
MINUTES = 40  # for all places of one kind of run, on a machine that is busy
_PATIENCE = 180  # seconds for a client to end by itself
_TOLD = ("abandoned", "cut off")
_CODES = (1, 3, 0)  # nothing was done yet, what was done is undone, all was done


@dataclass
class Client:
    """An `inv` whose progress is read as it comes."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def follow(self, lines: int) -> bool:
        """Read until `lines` lines of progress came; False where it ended before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if planned := _PLANNED.match(line):
                self.planned.append(planned[1].strip())
                if self.planned[-1] == _END_OF_PLAN:
                    self.done.append(SHOWN)
            elif done := _DONE.match(line):
                self.done.append(done[1].strip())
            if len(self.done) >= lines:
                return True
        return False

    def at_the_end(self) -> bool:
        """Whether nothing comes any more; then each step of the plan had its line."""
        if self.done[-1] != RECORD:
            return False
        steps = [title for title in self.planned if not title.startswith((PULL, RECORD))]
        assert [title for title in self.done if title not in _UNPLANNED] == steps
        return True

    def between_lock_and_record(self) -> bool:
        """Whether a step is under way that is not the last one."""
        return LOCK in self.done and self.done[-1] not in {self.planned[-2], RECORD}

    def end(self) -> Ended:
        """Return how it ended, and all that it said."""
        return ended(self.process, "".join(self.said), _PATIENCE)


@dataclass(frozen=True)
class Trial:
    """One kind of run, and the signal that hits it in every place."""

    stage: Stage
    signal: Signals
    verb: str = "deploy"
    where: str = "a deploy"
    variables: Callable[[], dict[str, str]] = dict

    def play(self, subtests: pytest.Subtests) -> None:
        """Interrupt one run after another, each one line later, until the last line is reached."""
        codes: list[int] = []
        for lines in itertools.count(1):
            over = True
            with subtests.test(lines=lines), self._scenario() as (scenario, following):
                variables = self.variables()
                before = self._containers()
                with self._client(scenario.new, variables) as client:
                    assert client.follow(lines), client.end().all
                    over = client.at_the_end()
                    scenario.fault = self._fault(client.done[-1])
                    client.process.send_signal(self.signal)
                    ended = client.end()
                if self.signal == SIGKILL:
                    found = self._assert_told(scenario, client)
                    scenario.converge(following, *found, **variables)
                else:
                    codes.append(self._assert_tidied(scenario, ended, before))
                    scenario.converge(following, **variables)
            if over:
                break
        assert codes == sorted(codes, key=_CODES.index)
        assert self.signal == SIGKILL or codes[-1:] == [0], "what was recorded is not undone"

    @contextmanager
    def _scenario(self) -> Iterator[tuple[Scenario, str]]:
        """Play one, from the serving release to `scenario.new`; yield also what comes next."""
        with self.stage.scenario(self.where) as scenario:
            following = scenario.new
            if self.verb == "rollback":
                scenario.new = self._before_current()
            yield scenario, following

    @contextmanager
    def _client(self, tag: str, variables: dict[str, str]) -> Iterator[Client]:
        flags = ("--tag", tag) if self.verb == "deploy" else ()
        with self.stage.type(self.verb, "--env", "staging", *flags, **variables) as process:
            try:
                yield Client(process)
            finally:
                process.kill()

    def _assert_told(self, scenario: Scenario, client: Client) -> tuple[str, ...]:
        """Assert what holds after a death; return what the next run is to say of it."""
        scenario.dies("nothing more")
        scenario.serves(scenario.old, scenario.new)
        surely = client.between_lock_and_record()
        if not surely:  # what was sent last decides whether there is anything to tell
            wait_until(self._calm)
        status = scenario.status()
        told = any(words in status for words in _TOLD)
        assert told or not surely, status
        if not told:
            assert self.stage.serving() == self.stage.current()["tag"]
        return (f"found: {self.verb} ", "; this run ") if told else ()

    def _assert_tidied(self, scenario: Scenario, ended: Ended, before: str) -> int:
        """Assert that it ended on one of the two releases by itself; return the exit code."""
        if ended.code == 0:
            scenario.ends(ended, 0, "serves after")
            self.stage.tag = scenario.new
        elif ended.code == 1:
            scenario.ends(ended, 1, "interrupted: it was stopped by a signal", "run it again")
            assert self._containers() == before
        else:
            scenario.ends(ended, 3, "stopped by a signal", "rolled back", "run it again")
        self.stage.assert_converged()
        status = scenario.status()
        assert not any(words in status for words in _TOLD), status
        return ended.code

    def _before_current(self) -> str:
        """Return the tag that a rollback goes to."""
        texts = self.stage.on_server(f"cat {self.stage.root}/releases/*/release.json").splitlines()
        releases = sorted(map(json.loads, texts), key=lambda release: float(release["created_at"]))
        tags = [str(release["tag"]) for release in releases]
        return tags[tags.index(self.stage.tag) - 1]

    def _containers(self) -> str:
        label = f"label=com.docker.compose.project={self.stage.project}"
        return self.stage.on_server(f"docker ps -aq --filter {label} | sort")

    def _calm(self) -> bool:
        return not self.stage.on_server(f"pgrep -af '[ ]{self.stage.root}( |$)'")

    def _fault(self, title: str) -> str:
        """Return the fault in words that are the same in every run."""
        title = re.sub(rf"{self.stage.project}-(\w+)-\d+", r"\1", title)
        title = re.sub(r"\b(\w+)(, \1)+\b", r"\1", title)
        return f"{self.signal.name} to the client after `{title}`, in {self.where}"
