"""What the demo needs: it types commands, keeps their times, and draws the closing table."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.errors import SlipwayError
from deploy.host import Command
from deploy.wiring import App, find_checkout, open_app


@dataclass
class Stage:
    """Types `inv` commands for one app and environment, and remembers how long they took."""

    out: Console
    app: str
    env: str
    rows: list[tuple[str, str, float, str]] = field(default_factory=list)

    @property
    def checkout(self) -> Path:
        """The checkout that the demo runs in."""
        return find_checkout()

    def prepare_env_file(self) -> None:
        """Write the environment's env file where there is none yet."""
        env_file = open_app(self.app, self.env).environment.env_file
        if env_file and not env_file.exists():
            self._type(("env.init",), 0)

    def make(self, tag: str, broken: str) -> None:
        """Build and push the images of one version; `broken` names how it is to fail."""
        self._type(("build", "--tag", tag), 0, {"BROKEN": broken} if broken else {})
        self._type(("push", "--tag", tag), 0)

    def play(self, title: str, command: tuple[str, ...], code: int) -> None:
        """Type a command that is part of the story."""
        seconds = self._type(command, code)
        outcome = "done" if code == 0 else f"rolled back (exit {code})"
        self.rows.append((title, f"inv {' '.join(command)}", seconds, outcome))

    def say(self, *command: str) -> None:
        """Type a command that is no step of its own."""
        self._type(command, 0)

    def lose(self, service: str) -> None:
        """Destroy a service with all its volumes, as a bad day does."""
        app = open_app(self.app, self.env)
        label = f"label=com.docker.compose.project={app.project}"
        which = f"--filter {label} --filter label=com.docker.compose.service={service}"
        self._on_server(
            app,
            f"id=$(docker ps --all --quiet {which}); volumes=$(docker inspect --format"
            " '{{range .Mounts}}{{.Name}} {{end}}' $id); docker rm --force $id;"
            " docker volume rm $volumes",
        )

    def clear(self, server: str) -> None:
        """Remove the app from a server of the sandbox, where a demo before this one put it."""
        app = open_app(self.app, self.env).moved(f"deploy@{server}.sandbox")
        which = f"--filter label=com.docker.compose.project={app.project}"
        self._on_server(
            app,
            f"docker ps --all --quiet {which} | xargs -r docker rm --force --volumes;"
            f" docker volume ls --quiet --filter name={app.project}_ | xargs -r docker volume rm;"
            f" rm -rf {app.root}",
        )

    def _on_server(self, app: App, script: str) -> None:
        with app.reach() as target:
            self.out.print(f"[bold cyan]$ ssh {target.host.name}[/]", script, markup=True)
            target.host.run(Command(("sh", "-c", script)))

    def close(self, summary: Mapping[str, Any], seconds: float) -> None:
        """Draw the closing tables."""
        self.out.rule("[bold]what happened")
        steps = Table(box=None, pad_edge=False)
        for heading in ("step", "typed", "seconds", "outcome"):
            steps.add_column(heading, justify="right" if heading == "seconds" else "left")
        for title, typed, took, outcome in self.rows:
            steps.add_row(title, typed, f"{took:.1f}", outcome)
        self.out.print(steps)
        requests = Table(box=None, pad_edge=False)
        for heading in ("requests", "sent", "failed"):
            requests.add_column(heading, justify="left" if heading == "requests" else "right")
        for shape, sent in summary["shapes"].items():
            failed = sum(failure["shape"] == shape for failure in summary["failures"])
            requests.add_row(shape, str(sent), str(failed))
        requests.add_row("all", str(summary["sent"]), str(summary["failed"]), style="bold")
        self.out.print(requests)
        rate = summary["sent"] / seconds
        colour = "red" if summary["failed"] else "green"
        self.out.print(
            f"[bold {colour}]{summary['sent']} requests sent, {summary['failed']} failed[/]"
            f" ({rate:.0f} a second, none ever sent twice)"
        )
        inv = ".venv/bin/inv"
        self.out.print(f"Look around: {inv} status --app {self.app} --env {self.env}")
        self.out.print(f"Stop it all: {inv} sandbox.down")

    def _type(
        self, command: tuple[str, ...], code: int, environment: Mapping[str, str] | None = None
    ) -> float:
        """Type a command, show it with its output, and insist on its exit code."""
        flags = ("--app", self.app, "--env", self.env)
        shown = f"{command[0]} --env {self.env} {' '.join(command[1:])}".rstrip()
        prefix = "".join(f"{name}={value} " for name, value in (environment or {}).items())
        self.out.print(f"[bold cyan]$ {prefix}inv {shown}[/]")
        begun = time.monotonic()
        inv = Path(sys.executable).with_name("inv")
        done = subprocess.run(
            [inv, command[0], *flags, *command[1:]],
            cwd=self.checkout,
            env={**os.environ, **(environment or {})},
            check=False,
        )
        if done.returncode != code:
            raise SlipwayError(
                f"inv {shown}", f"it ended with {done.returncode}, not {code}", "see its output"
            )
        return time.monotonic() - begun
