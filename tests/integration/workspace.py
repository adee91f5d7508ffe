"""What the integration tests share: a checkout of its own, `inv` as a user types it, and load."""

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.sandbox import Sandbox
from deploy.sandbox.load import SHAPES

CHECKOUT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent / "apps"
INV = Path(sys.executable).with_name("inv")


@dataclass(frozen=True)
class Ended:
    """How an `inv` ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def ended(process: "subprocess.Popen[str]", printed: str, patience: float) -> Ended:
    """Wait for a started `inv`, of which `printed` was read; it is killed after some seconds.

    Its output is read on, as `communicate` loses what Python has read ahead.
    """
    assert process.stdout is not None
    timer = threading.Timer(patience, process.kill)
    timer.start()
    try:
        printed += process.stdout.read()
        _, err = process.communicate()
    finally:
        timer.cancel()
    return Ended(process.returncode, printed, err)


def address_of(sandbox: Sandbox, server: str) -> str:
    """Return where a server is on the sandbox's network."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    argv = ["docker", "inspect", "-f", form, sandbox.container(server)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Workspace:
    """A checkout of its own with one app in one environment of its own, on a sandbox server."""

    folder: Path
    sandbox: Sandbox
    app: str
    server: str = "staging"
    environment: dict[str, str] = field(default_factory=dict)
    env: str = "staging"

    @property
    def root(self) -> str:
        return f"/opt/{self.app}/{self.env}"

    @property
    def project(self) -> str:
        return f"{self.app}-{self.env}"

    def inv(self, *arguments: str, timeout: float = 180, **variables: str) -> Ended:
        """Type `inv` with `arguments`; `variables` are added to the environment."""
        done = subprocess.run(
            [INV, *arguments],
            cwd=self.folder,
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def deploy(self, tag: str, *flags: str, **variables: str) -> Ended:
        return self.inv("deploy", "--env", self.env, "--tag", tag, *flags, timeout=180, **variables)

    def variables(self, **more: str) -> dict[str, str]:
        alone = {"COLUMNS": "200", "GIT_CEILING_DIRECTORIES": str(self.folder.parent)}
        return {**os.environ, **self.environment, **more, **alone}

    def on_server(self, command: str, *, user: str = "root") -> str:
        """Run a shell command on the server; return what it printed."""
        done = subprocess.run(
            [
                "docker",
                "exec",
                "-u",
                user,
                self.sandbox.container(self.server),
                "sh",
                "-c",
                command,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr

    def replicas(self, service: str = "web", env: str = "") -> list[str]:
        """Return the names of the running containers of a service."""
        label = f"label=com.docker.compose.project={self.app}-{env or self.env}"
        listed = self.on_server(
            f"docker ps --filter {label} --filter label=com.docker.compose.service={service}"
            " --format '{{.Names}}'"
        )
        return sorted(listed.split())

    def containers(self) -> list[str]:
        """Return the names of all containers of the project, running or not."""
        label = f"label=com.docker.compose.project={self.project}"
        return sorted(
            self.on_server(f"docker ps -a --filter {label} --format '{{{{.Names}}}}'").split()
        )

    def serving(self) -> str:
        """Return the version that answers through nginx, or what went wrong."""
        nginx = self.replicas("nginx")
        if not nginx:
            return "no nginx"
        answer = self.on_server(
            f"docker exec {nginx[0]} curl -sS -H 'Host: tiny.test' http://127.0.0.1/x"
        )
        try:
            return str(json.loads(answer)["version"])
        except (ValueError, KeyError):
            return answer

    def current(self) -> dict[str, Any]:
        """Return the record of the current release; empty where there is none."""
        text = self.on_server(f"cat {self.root}/current/release.json")
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError:
            return {}
        return found

    def remove(self, env: str = "") -> None:
        """Remove everything of this app and environment from the server."""
        env = env or self.env
        label = f"label=com.docker.compose.project={self.app}-{env}"
        self.on_server(f"docker ps -aq --filter {label} | xargs -r docker rm -f -v")
        for kind in ("network", "volume"):
            self.on_server(f"docker {kind} ls -q --filter {label} | xargs -r docker {kind} rm")
        self.on_server(f"rm -rf /opt/{self.app}/{env}")
        form = "'{{.Repository}}:{{.Tag}}'"
        self.on_server(
            f"docker images --format {form} 'slipway/kept:{self.app}-{env}.*' | xargs -r docker rmi"
        )

    def clear(self) -> None:
        """Remove the app with all its volumes from its server."""
        self.remove()
        names = f"docker volume ls -q | grep '^{self.project}_'"
        self.on_server(f"{names} | xargs -r docker volume rm -f")


def make_workspace(sandbox: Sandbox, folder: Path, app: str) -> Workspace:
    """Lay out a checkout with the tiny app, called `app`."""
    shutil.copytree(APPS / "tiny", folder)
    (folder / "tasks.py").write_text((CHECKOUT / "tasks.py").read_text())
    (folder / ".sandbox").symlink_to(sandbox.state)
    settings = folder / "deploy.toml"
    settings.write_text(settings.read_text().replace('"tiny"', f'"{app}"'))
    (folder / ".env.staging").write_text("")
    return Workspace(folder, sandbox, app)


def assert_clean(summary: dict[str, Any], at_least: int) -> None:
    """Every request was answered well, there were enough of them, and of every shape."""
    assert summary["failed"] == 0, summary["failures"]
    assert summary["sent"] >= at_least
    assert set(summary["shapes"]) == {shape.name for shape in SHAPES}
