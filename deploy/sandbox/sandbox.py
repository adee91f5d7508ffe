"""The sandbox of a checkout: its names, its files, and its way up and down."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError

from deploy.errors import SandboxError
from deploy.sandbox import containers, keys, machine, ports, registry, servers
from deploy.sandbox.containers import MARK, Blueprint
from deploy.sandbox.recipes import CACHE
from deploy.sandbox.status import Piece, Status
from deploy.sandbox.stock import CACHED, Report, Stock

SERVERS: Final = ("staging", "production")
REGISTRY: Final = "registry.sandbox:5000"
SOCKET_LIMIT: Final = 100
"""A path of a unix socket may not be longer than 107 bytes; some clients add to it."""


@dataclass(frozen=True)
class Sandbox:
    """Servers and a registry in containers on this machine, for one checkout."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Sandbox":
        """Give the sandbox of a checkout."""
        return cls(root.resolve())

    @property
    def identity(self) -> str:
        """Eight hexadecimal digits made from the checkout's path: in every name on the engine."""
        return sha256(os.fsencode(self.root)).hexdigest()[:8]

    @property
    def state(self) -> Path:
        """The folder of its keys, ports and configuration."""
        return self.root / ".sandbox"

    @property
    def ssh_config(self) -> Path:
        """Use it as `ssh -F <it> staging.sandbox`."""
        return self.state / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The servers' host keys, known before the first connection."""
        return self.state / "known_hosts"

    @property
    def client_key(self) -> Path:
        """The private key that may log in as `deploy`."""
        return self.state / "id_ed25519"

    @property
    def builder_socket(self) -> Path:
        """The builder's engine: `DOCKER_HOST=unix://<it>`."""
        return self._builder_folder / servers.SOCKET

    @property
    def registry(self) -> str:
        """The registry as the servers and the builder name it."""
        return REGISTRY

    def ssh_port(self, server: str) -> int:
        """Give the loopback port of a server's sshd."""
        return self._port(server, "ssh")

    def http_port(self, server: str) -> int:
        """Give the loopback port of a server's port 80."""
        return self._port(server, "http")

    def https_port(self, server: str) -> int:
        """Give the loopback port of a server's port 443."""
        return self._port(server, "https")

    def container(self, piece: str) -> str:
        """Name the container of a server, the builder or the registry on this machine's engine."""
        return f"slipway-{self.identity}-{piece}"

    def up(self, report: Report) -> Status:
        """Start what does not run, make what is missing; quiet when all is there."""
        started = time.monotonic()

        def timed(line: str) -> None:
            report(f"{time.monotonic() - started:6.1f} s  {line}")

        client = machine.engine()
        with self._locked(report):
            stock = Stock(client, from_hub=self._from_hub(), report=timed)
            network_is_new = self._ensure_network(client)
            if network_is_new:
                self._remove_containers(client)
            chosen = self._choose_ports(client)
            self._write_access(chosen)
            self._assemble(client, stock, chosen, timed)
        return self._status(client)

    def down(self, report: Report, *, purge: bool = False) -> None:
        """Remove all that `up` made; with `purge` the cached images too."""
        client = machine.engine()
        with self._locked(report):
            mine = {"label": f"{MARK}={self.identity}"}
            self._remove_containers(client)
            for volume in client.volumes.list(filters=mine):
                volume.remove(force=True)
            for network in client.networks.list(filters=mine):
                network.remove()
            self.builder_socket.unlink(missing_ok=True)
            if purge:
                (self.state / "origin").unlink(missing_ok=True)
                _purge(client, report)

    def status(self) -> Status:
        """Tell what runs and how to reach it."""
        return self._status(machine.engine())

    def _status(self, client: docker.DockerClient) -> Status:
        found = {
            each.name: each.status
            for each in client.containers.list(
                all=True, filters={"label": f"{MARK}={self.identity}"}, ignore_removed=True
            )
        }
        known = ports.load(self.state / "ports.json")
        pieces = tuple(
            Piece(name, found.get(self.container(name), "absent"), known.get(name, {}))
            for name in ports.PUBLISHED
        )
        return Status(
            self.identity, pieces, str(self.ssh_config), f"unix://{self.builder_socket}", REGISTRY
        )

    @property
    def _builder_folder(self) -> Path:
        """A folder for the builder's socket whose path is short enough for one."""
        near = self.state / "builder"
        if len(os.fsencode(near / servers.SOCKET)) < SOCKET_LIMIT:
            return near
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        shared = Path(runtime) if runtime and Path(runtime).is_dir() else Path("/tmp")  # noqa: S108
        return shared / f"slipway-{os.getuid()}-{self.identity}"

    def _port(self, server: str, purpose: str) -> int:
        try:
            return ports.load(self.state / "ports.json")[server][purpose]
        except KeyError:
            raise SandboxError(
                "sandbox", f"{server} has no {purpose} port yet", "run `inv sandbox.up`"
            ) from None

    @contextmanager
    def _locked(self, report: Report) -> Iterator[None]:
        """Let one run at a time change the sandbox of this checkout."""
        self.state.mkdir(exist_ok=True)
        (self.state / ".gitignore").write_text("*\n")
        with (self.state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report("waiting for another run that changes this sandbox")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _from_hub(self) -> bool:
        """Decide once where the images come from, and remember it."""
        path = self.state / "origin"
        if not path.exists():
            path.write_text("hub\n" if machine.hub_answers() else "debian\n")
        return path.read_text().strip() == "hub"

    def _ensure_network(self, client: docker.DockerClient) -> bool:
        if client.networks.list(filters={"label": f"{MARK}={self.identity}"}):
            return False
        client.networks.create(f"slipway-{self.identity}", labels={MARK: self.identity})
        return True

    def _remove_containers(self, client: docker.DockerClient) -> None:
        mine = {"label": f"{MARK}={self.identity}"}
        for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
            containers.remove(client, container, f"{container.name}-data")

    def _choose_ports(self, client: docker.DockerClient) -> ports.Ports:
        mine = {"label": f"{MARK}={self.identity}"}
        there = {each.name for each in client.containers.list(all=True, filters=mine)}
        fixed = frozenset(name for name in ports.PUBLISHED if self.container(name) in there)
        path = self.state / "ports.json"
        known = ports.load(path)
        chosen = ports.choose(self.identity, known, fixed)
        if chosen != known:
            ports.save(path, chosen)
        return chosen

    def _write_access(self, chosen: ports.Ports) -> None:
        """Make the keys, and write the files with which SSH reaches the servers."""
        keys.ensure(self.client_key, "sandbox")
        hosts = {
            chosen[name]["ssh"]: keys.ensure(self._host_key(name), f"{name}.sandbox")
            for name in SERVERS
        }
        reach = {name: chosen[name]["ssh"] for name in SERVERS}
        self.known_hosts.write_text(keys.known_hosts(hosts))
        self.ssh_config.write_text(keys.ssh_config(reach, self.client_key, self.known_hosts))
        self._builder_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._builder_folder.stat().st_uid != os.getuid():
            raise SandboxError(str(self._builder_folder), "it belongs to somebody else")

    def _host_key(self, server: str) -> Path:
        return self.state / "hosts" / f"{server}_ed25519"

    def _assemble(
        self, client: docker.DockerClient, stock: Stock, chosen: ports.Ports, report: Report
    ) -> None:
        """Bring every container up at once; each waits only for what it is made of."""

        def start(draw: Callable[[], Blueprint], ready: containers.Ready) -> None:
            containers.ensure(client, draw(), ready, report)

        with ThreadPoolExecutor(machine.PARALLEL) as pool:
            work: list[Future[None]] = [
                pool.submit(self._start_registry, client, stock, chosen, pool, report),
                pool.submit(
                    start,
                    lambda: servers.builder(
                        self.identity, stock.ensure("server"), self._builder_folder
                    ),
                    servers.builder_ready(self.builder_socket),
                ),
            ]
            for name in SERVERS:
                work.append(
                    pool.submit(
                        start,
                        lambda name=name: self._server(name, stock, chosen),
                        servers.server_ready(chosen[name]["ssh"]),
                    )
                )
            for piece in work:
                piece.result()

    def _server(self, name: str, stock: Stock, chosen: ports.Ports) -> Blueprint:
        public = self.client_key.with_name(f"{self.client_key.name}.pub").read_text().strip()
        return servers.server(
            self.identity, name, stock.ensure("server"), chosen[name], public, self._host_key(name)
        )

    def _start_registry(
        self,
        client: docker.DockerClient,
        stock: Stock,
        chosen: ports.Ports,
        pool: ThreadPoolExecutor,
        report: Report,
    ) -> None:
        name = self.container("stocking")
        image = registry.fill(client, stock, name=name, pool=pool, report=report)
        port = chosen["registry"]["api"]
        blueprint = Blueprint(self.identity, "registry", image, {registry.PORT: port})
        containers.ensure(client, blueprint, lambda _: registry.answers(port), report)


def _purge(client: docker.DockerClient, report: Report) -> None:
    """Remove the cached images, except those that another checkout's sandbox uses."""
    label = "".join(f"{key}={value}" for key, value in CACHED.items())
    names = {
        tag
        for image in client.images.list(all=True)
        for tag in image.tags
        if tag.startswith(f"{CACHE}/")
    }
    for name in sorted(names):
        try:
            client.images.remove(name, force=True)
        except APIError as error:
            report(f"kept {name}: {error.explanation}")
    client.images.prune(filters={"label": label})
