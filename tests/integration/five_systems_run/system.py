"""One of the example systems in a checkout of its own, on a sandbox server, as a user runs it."""

import fcntl
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workspace import CHECKOUT, Ended, Workspace, address_of

from deploy.sandbox import Sandbox
from deploy.sandbox.load import LoadProcess
from deploy.wiring.sandbox import start_sandbox

KEY = ".sandbox/backup.key"
HOST = "staging.sandbox"


@dataclass(frozen=True)
class Reply:
    """What a request was answered: status, headers in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class System(Workspace):
    """An example system on `staging`, whose nginx has ports of its own there."""

    http_port: int = 0
    https_port: int = 0
    identity: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes = b"",
        plain: bool = False,
        **headers: str,
    ) -> Reply:
        """Send one request through nginx; `body` goes as JSON, `raw` as it is."""
        sent = json.dumps(body).encode() if body is not None else raw
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named = {"Content-Type": "application/json", **named}
        named = {**self.identity, **named}
        connection = self._connect(plain=plain)
        try:
            connection.request(method, path, sent or None, {"Host": HOST, **named})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def done(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Send a request that must work; return the JSON of its answer."""
        reply = self.ask(method, path, body, **more)
        assert reply.status < HTTPStatus.BAD_REQUEST, (method, path, reply)
        return reply.json if reply.body else None

    def ask_at_once(self, times: int, method: str, path: str, body: object = None) -> Counter[int]:
        """Send a request so often, however slow this machine is; count the answers by status."""
        with ThreadPoolExecutor(20) as crowd:
            asked = [crowd.submit(self.ask, method, path, body) for _ in range(times)]
        return Counter(one.result().status for one in asked)

    def log_in(self, path: str, credentials: dict[str, str]) -> None:
        """Log in: from then on each request carries the token or the cookie of the answer."""
        reply = self.ask("POST", path, credentials)
        assert reply.status == HTTPStatus.OK, reply
        cookie = reply.headers.get("set-cookie", "").partition(";")[0]
        if cookie:
            self.identity = {"Cookie": cookie}
        else:
            token = next(reply.json[key] for key in ("access_token", "token") if key in reply.json)
            self.identity = {"Authorization": f"Bearer {token}"}

    def _connect(self, *, plain: bool) -> http.client.HTTPConnection:
        address = address_of(self.sandbox, self.server)
        if plain:
            return http.client.HTTPConnection(address, self.http_port, timeout=30)
        context = self.trusting()
        return http.client.HTTPSConnection(address, self.https_port, timeout=30, context=context)

    def line(self) -> socket.socket:
        """Return a connection to nginx, on which nothing was said yet."""
        place = (address_of(self.sandbox, self.server), self.https_port)
        return socket.create_connection(place, timeout=10)

    @staticmethod
    def trusting() -> ssl.SSLContext:
        """Return a context that takes the certificate of the sandbox, which nobody has signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def speaks(self, version: ssl.TLSVersion) -> str:
        """Return the protocol that is agreed on with this version of TLS; nothing where none is."""
        context = self.trusting()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.set_alpn_protocols(["h2", "http/1.1"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that is what is asked about
            context.minimum_version = context.maximum_version = version
        try:
            with context.wrap_socket(self.line(), server_hostname=HOST) as spoken:
                return spoken.selected_alpn_protocol() or "none"
        except (ssl.SSLError, ConnectionError):
            return ""

    def count_everybody(self) -> None:
        """Deploy without the exception of private networks from rate limits."""
        overlay = self.folder / "compose" / self.app / "compose.staging.yaml"
        text = overlay.read_text()
        assert "/allow.staging.conf:" in text
        overlay.write_text(text.replace("/allow.staging.conf:", "/allow.conf:"))
        tag = json.loads(self.type("status", "--json").out)["tag"]
        self.type("deploy", "--tag", tag, "--no-backup")

    def type(self, task: str, *arguments: str, code: int = 0) -> Ended:
        """Type a task for staging; it must end with `code`."""
        ended = self.inv(task, "--env", "staging", *arguments, timeout=900)
        assert ended.code == code, ended.all
        return ended

    def make(self, tag: str) -> None:
        """Build and push a version."""
        self.type("build", "--tag", tag)
        self.type("push", "--tag", tag)

    def take_second_release(self) -> None:
        """Turn the sources of the first release into those of the second."""
        source = self.folder / "examples" / self.app
        subprocess.run(["git", "apply", "second-release.patch"], cwd=source, check=True)

    @contextmanager
    def under_load(self, prefix: str, at_least: int = 200) -> Iterator[None]:
        """Have requests of every shape sent meanwhile; none may fail."""
        address = address_of(self.sandbox, self.server)
        flags = ("--address", address, "--prefix", prefix)
        argv = [sys.executable, "-m", "deploy.sandbox.load", str(self.https_port), HOST, *flags]
        load = LoadProcess.of(argv)
        try:
            yield
            summary = load.stop()
        finally:
            load.discard()
        assert summary["failed"] == 0, summary["failures"]
        assert summary["sent"] >= at_least, summary

    def inside(self, service: str, script: str) -> str:
        """Run a shell script in the first replica of a service; it must work."""
        server, replica = self.sandbox.container(self.server), self.replicas(service)[0]
        argv = ["docker", "exec", server, "docker", "exec", replica, "sh", "-ec", script]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def inspect(self, service: str, form: str) -> list[str]:
        """Return what `docker inspect --format` says of each running replica."""
        names = " ".join(self.replicas(service))
        return self.on_server(f"docker inspect --format '{form}' {names}").split()

    def close(self) -> None:
        """Remove it from both servers, with its volumes."""
        for server in ("staging", "production"):
            self.server = server
            self.clear()
        self.server = "staging"


def lay_out(folder: Path, app: str) -> None:
    """Make `folder` a checkout with one example, without what somebody has made in it here."""
    for name in (f"compose/{app}", "compose/monitoring", "nginx", f"examples/{app}"):
        unwanted = shutil.ignore_patterns(".env", ".env.staging", ".env.production", "node_modules")
        shutil.copytree(CHECKOUT / name, folder / name, ignore=unwanted)
    shutil.copy(CHECKOUT / "tasks.py", folder)


@contextmanager
def alone(sandbox: Sandbox, app: str) -> Iterator[None]:
    """Hold the sandbox's only place for an app: where files of tests run beside each other."""
    with (sandbox.state / f"{app}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_system(
    sandbox: Sandbox,
    folder: Path,
    app: str,
    *,
    extras: tuple[str, ...] = (),
    env: Mapping[str, str] = MappingProxyType({}),
    on_servers: str = "",
) -> System:
    """Lay out a checkout with the example system `app`, and deploy its first release.

    `extras` are images that the sandbox is to offer, `env` is added to its env file, `on_servers`
    is what makes the servers ready, as root.
    """
    if extras:
        start_sandbox(CHECKOUT, print, extras)
    lay_out(folder, app)
    (folder / ".sandbox").symlink_to(sandbox.state)
    identity = uuid.uuid4()
    settings = folder / "compose" / app / "deploy.toml"
    text = re.sub(
        'store = "s3://[^"]*"',
        f'store = "s3://backups/tests/{identity.hex[:8]}"',
        settings.read_text(),
    )
    settings.write_text(text)
    port = 12_000 + identity.int % 4000 * 2
    system = System(folder, sandbox, app, http_port=port, https_port=port + 1)
    system.environment = {"HTTP_PORT": str(port), "HTTPS_PORT": str(port + 1)}
    system.close()
    for server in ("production", "staging"):
        system.server = server
        system.on_server(on_servers)
    system.type("env.init")
    with (settings.parent / ".env.staging").open("a") as env_file:
        env_file.writelines(f"{name}={value}\n" for name, value in env.items())
    system.make("v1")
    system.type("deploy", "--tag", "v1", "--no-backup")
    return system
