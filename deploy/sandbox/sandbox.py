"""The sandbox of a checkout: its way up and down."""

import fcntl
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError
from docker.models.containers import Container

from deploy.errors import SandboxError
from deploy.sandbox import containers, keys, machine, ports, s3
from deploy.sandbox.assembly import Assembly
from deploy.sandbox.checkout import REGISTRY, SERVERS, Checkout
from deploy.sandbox.containers import MARK
from deploy.sandbox.recipes import CACHE, EXTRAS
from deploy.sandbox.status import Piece, Status
from deploy.sandbox.stock import CACHED, Report, Stock


@dataclass(frozen=True)
class Sandbox(Checkout):
    """Servers, a registry and S3 in containers on this machine, for one checkout."""

    def up(self, report: Report, extras: Collection[str] = ()) -> Status:
        """Start what does not run, make what is missing; quiet when all is there.

        `extras` are names of images that its registry is to have besides. Raises `SandboxError`.
        """
        for name in extras:
            if name not in EXTRAS:
                raise SandboxError(
                    f"--extra {name}", "there is no such image", f"choose of: {', '.join(EXTRAS)}"
                )
        started = time.monotonic()

        def timed(line: str) -> None:
            report(f"{time.monotonic() - started:6.1f} s  {line}")

        client = machine.engine()
        with self._locked(report):
            stock = Stock(client, from_hub=self._from_hub(), report=timed)
            self._ensure_network(client)
            self._write_access(self._choose_ports(client))
            Assembly(client, stock, self, timed, extras).run()
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
            with suppress(OSError):
                self.builder_folder.rmdir()
            if purge:
                (self.state / "origin").unlink(missing_ok=True)
                _purge(client, report)

    def status(self) -> Status:
        """Tell what runs and how to reach it."""
        return self._status(machine.engine())

    def _status(self, client: docker.DockerClient) -> Status:
        found = {each.name: each.status for each in self._containers(client)}
        known = self.ports()
        pieces = tuple(
            Piece(name, found.get(self.container(name), "absent"), known.get(name, {}))
            for name in ports.PUBLISHED
        )
        return Status(
            self.identity,
            pieces,
            str(self.ssh_config),
            f"unix://{self.builder_socket}",
            registry=REGISTRY,
            s3=s3.ENDPOINT,
            bucket=s3.BUCKET,
        )

    def _containers(self, client: docker.DockerClient) -> list[Container]:
        return client.containers.list(
            all=True, filters={"label": f"{MARK}={self.identity}"}, ignore_removed=True
        )

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

    def _ensure_network(self, client: docker.DockerClient) -> None:
        """Have the network; containers of one that is gone cannot start, so they go too."""
        if not client.networks.list(filters={"label": f"{MARK}={self.identity}"}):
            self._remove_containers(client)
            client.networks.create(self.network, labels={MARK: self.identity})

    def _remove_containers(self, client: docker.DockerClient) -> None:
        for container in self._containers(client):
            containers.remove(client, container, f"{container.name}-data")

    def _choose_ports(self, client: docker.DockerClient) -> ports.Ports:
        there = {each.name for each in self._containers(client)}
        fixed = frozenset(name for name in ports.PUBLISHED if self.container(name) in there)
        known = self.ports()
        chosen = ports.choose(self.identity, known, fixed)
        if chosen != known:
            ports.save(self.ports_file, chosen)
        return chosen

    def _write_access(self, chosen: ports.Ports) -> None:
        """Make the keys, and write the files with which SSH reaches the servers."""
        keys.ensure(self.client_key, "sandbox")
        hosts = {
            chosen[name]["ssh"]: keys.ensure(self.host_key(name), f"{name}.sandbox")
            for name in SERVERS
        }
        reach = {name: chosen[name]["ssh"] for name in SERVERS}
        _write(self.known_hosts, keys.known_hosts(hosts))
        _write(self.ssh_config, keys.ssh_config(reach, self.client_key, self.known_hosts))
        self.builder_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.builder_folder.stat().st_uid != os.getuid():
            raise SandboxError(str(self.builder_folder), "it belongs to somebody else")


def _write(path: Path, text: str) -> None:
    """Put a file in the place of the old one, at once: somebody may be reading it."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


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
