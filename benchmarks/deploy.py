"""How many round trips a deploy needs, and the seconds of each step, on a plain and a slow link.

    .venv/bin/python -m benchmarks.deploy            (the sandbox must be up)

Deploys the first app to the sandbox's staging server: a new version, then the same one again. A
round trip is one command on the server; `watch` and `drain` are waits, `start` does and waits.
"""

import argparse
import dataclasses
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.slow_link import slow_link
from deploy.host import Command, Host, Process, Result
from deploy.host.ssh import SshHost
from deploy.rollout.deploy import Outcome, deploy
from deploy.sandbox import Sandbox
from deploy.tasks.show import Progress
from deploy.wiring import App, find_checkout, open_app

APP, ENV, SERVER = "transformation-coaching", "staging", "staging.sandbox"
WAITS = {"watch", "drain"}
AIM = 8  # round trips a deploy, waits not counted


@dataclass
class CountingHost:
    """A host that counts what it is asked, and how long each answer took."""

    host: Host
    asked: list[tuple[str, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the machine."""
        return self.host.name

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Count and start."""
        self.asked.append((command.label, 0.0))
        return self.host.start(command, terminal=terminal)

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Count, run and time."""
        result = self.host.run(command, watch=watch)
        self.asked.append((command.label, result.seconds))
        return result

    def close(self) -> None:
        """Close the connection."""
        self.host.close()


def main() -> None:
    """Run both deploys on both links and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds each way (default 0.1)")
    flags = parser.parse_args()
    out = Console(highlight=False)
    app = open_app(APP, ENV)
    port = Sandbox.at(find_checkout()).ssh_port(ENV)
    measure(out, app, "a plain link", port)
    with slow_link(port, flags.delay) as slow:
        measure(out, app, f"{flags.delay * 1000:.0f} ms of delay each way", slow)


def measure(out: Console, app: App, title: str, port: int) -> None:
    """Deploy a version that is new to the server, then the same again."""
    tag = f"bench-{time.time_ns() // 1_000_000_000}"
    for verb in ("build", "push"):
        inv = Path(sys.executable).with_name("inv")
        argv = [inv, verb, "--app", APP, "--env", ENV, "--tag", tag]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    out.rule(f"[bold]{title}: a new version")
    seconds, asked, outcome = run(app, tag, port)
    table = Table(box=None, pad_edge=False)
    for heading in ("command on the server", "seconds", ""):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for name, took in asked:
        table.add_row(name, f"{took:.2f}", "a wait" if name in WAITS else "")
    out.print(table)
    for step, took in outcome.timings:
        out.print(f"{took:8.2f} s  {step}")
    trips = sum(name not in WAITS for name, _ in asked)
    verdict = "as aimed for" if trips <= AIM else f"MORE than the {AIM} aimed for"
    out.print(f"[bold]{seconds:.2f} s in all, {trips} round trips beyond waits[/], {verdict}")
    seconds, asked, outcome = run(app, tag, port)
    said = "CHANGED SOMETHING" if outcome.changed else "nothing to do"
    out.print(f"[bold]{said}: {seconds:.2f} s[/], {', '.join(name for name, _ in asked)}")


def run(app: App, tag: str, port: int) -> tuple[float, list[tuple[str, float]], Outcome]:
    """Deploy once through `port`; return seconds, what was asked, and the outcome."""
    with tempfile.TemporaryDirectory() as folder:
        host = CountingHost(SshHost(f"deploy@{SERVER}", (_config(app, Path(folder), port),)))
        begun = time.monotonic()
        blueprint = app.blueprint(tag)
        blueprint = dataclasses.replace(blueprint, asked=False)
        target = app.target(host)
        quiet = Progress(Console(quiet=True))
        try:
            outcome = deploy(target, blueprint, app.extras(), quiet, lambda _: None)
        finally:
            host.close()
        return time.monotonic() - begun, host.asked, outcome


def _config(app: App, folder: Path, port: int) -> Path:
    """Write an ssh_config that reaches the server through `port`."""
    sandbox = Sandbox.at(app.checkout)
    known = sandbox.known_hosts.read_text(encoding="utf-8")
    straight = f"[127.0.0.1]:{sandbox.ssh_port(ENV)}"
    hosts = folder / "known_hosts"
    hosts.write_text(known.replace(straight, f"[127.0.0.1]:{port}"), encoding="utf-8")
    config = folder / "ssh_config"
    config.write_text(
        f"Host {SERVER}\n  HostName 127.0.0.1\n  Port {port}\n  User deploy\n"
        f"  IdentityFile {sandbox.client_key}\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {hosts}\n",
        encoding="utf-8",
    )
    return config


if __name__ == "__main__":
    main()
