"""Names, files and ports of one checkout's sandbox, all derived from where the checkout lies."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from deploy.errors import SandboxError
from deploy.sandbox import ports, s3, servers

SERVERS: Final = ("staging", "production")
REGISTRY: Final = "registry.sandbox:5000"
STATE: Final = ".sandbox"
SOCKET_LIMIT: Final = 100
"""A path of a unix socket may not be longer than 107 bytes; some clients add to it."""


@dataclass(frozen=True)
class Checkout:
    """Where a sandbox keeps its files, and what its parts are called."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Self:
        """Give the sandbox of a checkout; one whose `.sandbox` is a link has that of another."""
        state = (root / STATE).resolve()
        return cls(state.parent if state.name == STATE else root.resolve())

    @property
    def identity(self) -> str:
        """Eight hexadecimal digits made from the checkout's path: in every name on the engine."""
        return sha256(os.fsencode(self.root)).hexdigest()[:8]

    @property
    def state(self) -> Path:
        """The folder of its keys, ports and configuration."""
        return self.root / STATE

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
        return self.builder_folder / servers.SOCKET

    @property
    def registry(self) -> str:
        """The registry as the servers and the builder name it."""
        return REGISTRY

    @property
    def s3(self) -> str:
        """The S3 API as the servers name it."""
        return s3.ENDPOINT

    @property
    def s3_from_here(self) -> str:
        """The S3 API as this machine reaches it."""
        return f"http://{ports.LOOPBACK}:{self._port('s3', 'api')}"

    def ssh_port(self, server: str) -> int:
        """Give the loopback port of a server's sshd."""
        return self._port(server, "ssh")

    def http_port(self, server: str) -> int:
        """Give the loopback port of a server's port 80."""
        return self._port(server, "http")

    def https_port(self, server: str) -> int:
        """Give the loopback port of a server's port 443."""
        return self._port(server, "https")

    @property
    def network(self) -> str:
        """Name the network on this machine's engine."""
        return f"slipway-{self.identity}"

    def container(self, piece: str) -> str:
        """Name the container of one piece, such as `staging` or `s3`, on this machine's engine."""
        return f"slipway-{self.identity}-{piece}"

    def ports(self) -> ports.Ports:
        """Read the ports that the last `up` chose."""
        return ports.load(self.ports_file)

    @property
    def builder_folder(self) -> Path:
        """A folder for the builder's socket whose path is short enough for one."""
        near = self.state / "builder"
        if len(os.fsencode(near / servers.SOCKET)) < SOCKET_LIMIT:
            return near
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        shared = Path(runtime) if runtime and Path(runtime).is_dir() else Path("/tmp")  # noqa: S108
        return shared / f"slipway-{os.getuid()}-{self.identity}"

    @property
    def ports_file(self) -> Path:
        """Where the chosen ports are remembered."""
        return self.state / "ports.json"

    def host_key(self, server: str) -> Path:
        """Give the private host key of a server."""
        return self.state / "hosts" / f"{server}_ed25519"

    def _port(self, server: str, purpose: str) -> int:
        try:
            return self.ports()[server][purpose]
        except KeyError:
            raise SandboxError(
                "sandbox", f"{server} has no {purpose} port yet", "run `inv sandbox.up`"
            ) from None
