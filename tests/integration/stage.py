"""Where faults are played: an app that serves traffic, and what every scenario asserts of it.

A scenario is one fault. It records a row of the fault table: see ledger.py.
"""

import getpass
import http.client
import json
import os
import re
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger import Ledger, Row
from traffic import REQUESTS, Traffic
from workspace import INV, Ended, Workspace, address_of, ended, make_workspace

from deploy.sandbox import Sandbox

HOST = "tiny.test"
_PORTS = range(20_000, 32_000)
_LEFTOVERS = r"""
cd "$root" || exit
ls -A | sort
for r in releases/* releases/.[a-z]*; do
    [ ! -e "$r" ] || [ -f "$r/release.json" ] || echo "unrecorded $r"
done
for f in files/*; do grep -qF "$f" releases/*/compose.yaml || echo "unused $f"; done
[ ! -s .step ] || echo "step $(cat .step)"
docker network ls --filter "$label" --format 'network {{.Name}}'
docker volume ls --filter "$label" --format 'volume {{.Name}}'
pgrep -af "[ ]$root( |\$)"
"""
_FOUND = r"""
docker ps --all --filter "$label" --format \
    '{{.Label "com.docker.compose.service"}} {{.State}} {{.Label "slipway.definition"}}'
echo "record $(cat "$root/current/release.json")"
"""
# A drain lasts as long as its requests; `stop` is too short to be met. Linux gives a lock in the
# order in which it is asked for: who asks while `stop` waits has it when `stop` ends.
_QUEUE_BEHIND_STOP = r"""
cd "$root" || exit
queued() { until pgrep -P "$1" -x flock >/dev/null; do sleep 0.05; done; sleep 0.5; }
until grep -q '^"drain' .step; do sleep 0.05; done
exec 9>>.step
flock 9
until stop=$(pgrep -of "[s]top $root "); do sleep 0.05; done
queued "$stop"
(
    exec 9>&-
    exec 8>>.step
    flock 8
    touch "$gate"
    while [ -e "$gate" ]; do sleep 0.1; done
) &
queued $!
exec 9>&-
wait
"""


@dataclass(frozen=True)
class Outage:
    """What no deployer can prevent: requests under way between two moments, and why."""

    reason: str
    since: float
    until: float

    def covers(self, failure: dict[str, Any]) -> bool:
        return bool(failure["begun"] <= self.until and failure["at"] >= self.since)


@dataclass
class Stage(Workspace):
    """An app with `wanted` replicas that serves `tag` under traffic."""

    wanted: int = 2
    tag: str = ""
    port: int = 0
    traffic: Traffic | None = None
    ledger: Ledger = field(default_factory=lambda: Ledger(None))
    tidy: str = ""
    number: int = 0

    def next_tag(self) -> str:
        self.number += 1
        return f"v{self.number}"

    def release(self, tag: str, *flags: str, **variables: str) -> None:
        """Deploy `tag`; it must work."""
        ended = self.deploy(tag, *flags, **variables)
        assert ended.code == 0, ended.all
        self.tag = tag

    def type(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Start `inv` with its standard output in a pipe, for a fault in the middle of it."""
        return subprocess.Popen(
            [INV, *arguments],
            cwd=self.folder,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def follow(self, process: "subprocess.Popen[str]", words: str) -> str:
        """Read what a started `inv` prints until a line with these words; return all of it."""
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if words in line:
                return printed
        raise AssertionError(printed)

    def ended(self, process: "subprocess.Popen[str]", printed: str = "") -> Ended:
        """Wait for a started `inv`, of which `printed` was read."""
        return ended(process, printed, patience=180)

    def start_traffic(self, stream: float = 4) -> None:
        self.traffic = Traffic.on(self.address(), self.port, HOST, stream)
        wait_until(lambda: set(self.so_far()["shapes"]) >= REQUESTS)

    def address(self) -> str:
        """Return where the server is on the sandbox's network."""
        return address_of(self.sandbox, self.server)

    def so_far(self) -> dict[str, Any]:
        assert self.traffic is not None
        return self.traffic.so_far()

    def step(self) -> str:
        """Return the title of the step that is under way on the server, as it is written there."""
        return self.on_server(f"cat {self.root}/.step").strip().strip('"')

    @contextmanager
    def held_at_record(self) -> Iterator[Callable[[], None]]:
        """Let the step that records wait for its turn; yield what waits until it does."""
        gate = f"/run/held-{self.project}"
        argv = ["docker", "exec", self.sandbox.container(self.server), "timeout", "120"]
        queue = f"root={self.root} gate={gate}\n{_QUEUE_BEHIND_STOP}"
        waits = f"[ -e {gate} ] && pgrep -f '[r]ecord {self.root}' >/dev/null && echo yes"

        with subprocess.Popen([*argv, "sh", "-c", queue]):
            try:
                yield lambda: wait_until(lambda: "yes" in self.on_server(waits))
            finally:
                self.on_server(f"rm -f {gate}")

    def left(self) -> str:
        """Return the names of all that a run may leave: files, networks, volumes, steps."""
        return self.on_server(self._variables() + _LEFTOVERS)

    def _variables(self) -> str:
        return f"root={self.root} label=label=com.docker.compose.project={self.project}\n"

    @contextmanager
    def edited(self, name: str, *changes: tuple[str, str]) -> Iterator[None]:
        """Have a file of the app changed for a while; each pair is what is there, and what then."""
        file = self.folder / name
        before = text = file.read_text()
        for old, new in changes:
            assert old in text, f"{old!r} is not in {name}"
            text = text.replace(old, new)
        file.write_text(text)
        try:
            yield
        finally:
            file.write_text(before)

    @contextmanager
    def having(self, **variables: str) -> Iterator[None]:
        """Have variables in the environment of every `inv` for a while."""
        before = self.environment
        self.environment = {**before, **variables}
        try:
            yield
        finally:
            self.environment = before

    @contextmanager
    def deaths(self, code: int) -> Iterator[list[float]]:
        """Note when containers of the app end with an exit code, in seconds since 1970."""
        moments: list[float] = []
        label = f"label=com.docker.compose.project={self.project}"
        form = "{{.TimeNano}} {{.Actor.Attributes.exitCode}}"
        argv = ["docker", "exec", self.sandbox.container(self.server), "timeout", "300"]
        argv += ["docker", "events", "--filter", label, "--filter", "event=die", "--format", form]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as events:
            yield moments
            events.kill()  # it is deaf to less
            assert events.stdout is not None
            for line in events.stdout:
                at, _, found = line.partition(" ")
                if int(found) == code:
                    moments.append(int(at) / 1e9)

    def serving(self) -> str:
        """Return the version that answers at the published port, or what went wrong."""
        line = http.client.HTTPConnection(self.address(), self.port, timeout=10)
        try:
            line.request("GET", "/x", headers={"Host": HOST})
            return str(json.loads(line.getresponse().read())["version"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            line.close()

    def assert_converged(self) -> None:
        """Exactly the wanted replicas of one release, and nothing else of any run."""
        assert self.serving() == self.tag
        found = self.on_server(self._variables() + _FOUND + _LEFTOVERS)
        listed, _, found = found.partition("record ")
        record, _, left = found.partition("\n")
        assert json.loads(record)["tag"] == self.tag
        assert left == self.tidy
        services: dict[str, list[str]] = {}
        for line in listed.splitlines():
            service, state, definition = line.split(" ")
            assert state == "running", listed
            services.setdefault(service, []).append(definition)
        assert {name: len(them) for name, them in services.items()} == {
            **dict.fromkeys(("edge", "nginx", "store"), 1),
            "web": self.wanted,
        }
        assert len(set(services["web"])) == 1, listed

    @contextmanager
    def scenario(self, fault: str) -> Iterator["Scenario"]:
        """Play one fault, then deploy again, and assert what holds for each of them."""
        scenario = Scenario(self, fault, self.tag, self.next_tag())
        try:
            yield scenario
            scenario.finish()
        except BaseException:
            self.deploy(self.next_tag())  # so that the next scenario of the file has its stage
            self.tag = str(self.current().get("tag", ""))
            raise

    def close(self) -> None:
        if self.traffic:
            self.traffic.discard()
        self.remove()


@dataclass
class Scenario:
    """One fault while `old` serves and `new` is deployed."""

    stage: Stage
    fault: str
    old: str
    new: str
    before: dict[str, Any] = field(default_factory=dict)
    meanwhile: dict[str, Any] = field(default_factory=dict)
    sees: str = ""
    says: str = ""
    outage: Outage | None = None
    converged: str = ""
    printed: str = ""

    def __post_init__(self) -> None:
        self.before = self.stage.so_far()

    def deploy(self, *flags: str, **variables: str) -> Ended:
        """Deploy the new version."""
        return self.stage.deploy(self.new, *flags, **variables)

    def ends(self, ended: Ended, code: int, *words: str) -> None:
        """It ended with `code` and one clear line with these words, without a traceback."""
        assert ended.code == code, ended.all
        assert "Traceback" not in ended.all, ended.all
        self.printed = ended.all
        line = (ended.err if code else ended.out).rstrip().rpartition("\n")[2]
        for word in words:
            assert word in line, f"{word!r} is not in: {line}"
        self.sees = f"exit {code}: {line}"

    def dies(self, how: str) -> None:
        """Note that the user sees nothing more: the client is gone."""
        self.sees = how

    def serves(self, *versions: str) -> None:
        """One of these versions answers now."""
        assert self.stage.serving() in versions, self.stage.serving()

    def status(self, *words: str) -> str:
        """`inv status` says these words; return all that it says."""
        ended = self.stage.inv("status", "--env", self.stage.env)
        assert ended.code == 0, ended.all
        for word in words:
            assert word in ended.out, f"{word!r} is not in: {ended.out}"
        self.says = _verdict(ended.out)
        return ended.out

    def loses(self, reason: str, since: float, until: float) -> None:
        """Note what is physically impossible to save; nothing outside of it may fail."""
        self.outage = Outage(reason, since, until)

    def converge(self, tag: str = "", *words: str, **variables: str) -> None:
        """Deploy again: it ends on exactly the wanted replicas of one release."""
        self.meanwhile = self.meanwhile or self.stage.so_far()
        if not self.says:
            self.status()
        tag = tag or self.new
        ended = self.stage.deploy(tag, **variables)
        assert ended.code == 0, ended.all
        for word in words:
            assert word in ended.out, f"{word!r} is not in: {ended.out}"
        self.stage.tag = tag
        self.stage.assert_converged()
        self.converged = self._converged(ended.out, tag)

    def finish(self) -> None:
        """Deploy again unless that was done; no request failed; write the row."""
        if not self.converged:
            self.converge()
        after = self.stage.so_far()
        failures = after["failures"][self.before["failed"] :]
        outage = self.outage
        unexplained = [one for one in failures if not (outage and outage.covers(one))]
        assert not unexplained, f"{outage}: {unexplained[:9]} after {self.printed}"
        sent = after["sent"] - self.before["sent"]
        assert sent > 50, f"only {sent} requests were sent"
        self.stage.ledger.write(
            Row(
                test=os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0],
                fault=self.fault,
                serves=self._served(),
                sees=self._plain(self.sees),
                status=self._plain(self.says),
                next_run=self._plain(self.converged),
                sent=sent,
                failed=len(failures),
                impossible=outage.reason if outage else "",
            )
        )

    def _served(self) -> str:
        """Return which releases answered between the fault and the next deploy."""
        before, then = self.before["versions"], self.meanwhile["versions"]
        names = {self.old: "the old release", self.new: "the new release"}
        seen = [names.get(v, v) for v in then if v and then[v] > before.get(v, 0)]
        return ", then ".join(dict.fromkeys(seen)) or "nothing"

    def _converged(self, out: str, tag: str) -> str:
        """Return what the next run said it found, and where it ended."""
        found = [line for line in out.splitlines() if line.startswith(("found:", "took over"))]
        where = {self.old: "the old release", self.new: "the new release"}.get(tag, "a next one")
        end = "nothing to do" if "nothing to do" in out else f"ends on {where}"
        return "; ".join([*found, end])

    def _plain(self, text: str) -> str:
        """Return `text` without what differs from run to run."""
        text = text.replace(self.stage.app, "app")
        for tag, name in ((self.new, "NEW"), (self.old, "OLD")):
            text = re.sub(rf"(\d{{8}}T\d{{6}}Z-)?\b{tag}\b", name, text)
        text = re.sub(rf"\b{getpass.getuser()}@{socket.gethostname()}\b", "ann@laptop", text)
        text = re.sub(r"\d\d:\d\d:\d\d( UTC)?", "TIME", re.sub(r"\d{4}-\d\d-\d\d ", "", text))
        text = re.sub(r"\d+\.\d s\b", "… s", text)
        return re.sub(r"\b\d+\.\d+\.\d+\.\d+\b", "SERVER", text)


def _verdict(out: str) -> str:
    """Return what status says besides its table: whether it serves, and the sentences."""
    lines = out.splitlines()
    table = next((n for n, line in enumerate(lines) if line.startswith("service")), 0)
    serves = "it serves" if " serves: " in lines[0] else lines[0]
    return "; ".join([serves, *(line for line in lines[table:] if ":" in line)])


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        time.sleep(0.05)


def make_stage(
    sandbox: Sandbox,
    folder: Path,
    ledger: Ledger,
    *,
    server: str = "staging",
    stream: float = 4,
    app: str = "",
    env: str = "staging",
    compose: tuple[str, str] = ("", ""),
    prepare: Callable[[Stage], None] = lambda _: None,
) -> Stage:
    """Deploy the tiny app under a name and a port of its own, and start traffic.

    `compose` is what stands in its Compose file, and what is to stand there instead.
    `prepare` makes the server ready before anything is deployed.
    """
    identity = uuid.uuid4()
    base = make_workspace(sandbox, folder, app or f"t{identity.hex[:8]}")
    port = _PORTS[identity.int % len(_PORTS)]
    environment = {"REPLICAS": "2", "PORT": f"{port}:80"}
    stage = Stage(folder, sandbox, base.app, server, environment, env, port=port, ledger=ledger)
    file = folder / "compose.yaml"
    file.write_text(file.read_text().replace(*compose, 1))
    settings = folder / "deploy.toml"
    text = settings.read_text().replace("staging.sandbox", f"{server}.sandbox")
    text = text.replace("[environments.staging]", f"[environments.{env}]")
    settings.write_text(text.replace("keep = 3", 'keep = 3\ndrain = "8s"'))
    try:
        prepare(stage)
        stage.release(stage.next_tag())
        stage.tidy = stage.left()
        stage.start_traffic(stream)
    except BaseException:
        stage.close()
        raise
    return stage
