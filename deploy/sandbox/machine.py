"""What the sandbox takes from this machine: its Docker engine, its CA files, its Debian mirror."""

import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker
from docker.errors import DockerException

from deploy.errors import SandboxError

AUTHORITIES: Final = Path("/usr/local/share/ca-certificates")
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
HUB: Final = "https://registry-1.docker.io/v2/"
PARALLEL: Final = 32
TIMEOUT: Final = 600


def engine() -> docker.DockerClient:
    """Connect to this machine's engine: DOCKER_HOST, the usual socket, or the CLI's context."""
    try:
        return _connect(None)
    except DockerException as error:
        address = _address_of_context()
        try:
            if address:
                return _connect(address)
        except DockerException:
            pass  # what was wrong with the usual way says more
        raise SandboxError(
            "sandbox",
            "no Docker engine answers on this machine",
            "run scripts/setup, or set DOCKER_HOST",
            detail=str(error),
        ) from error


def _connect(address: str | None) -> docker.DockerClient:
    client = (
        docker.DockerClient(address, timeout=TIMEOUT, max_pool_size=PARALLEL)
        if address
        else docker.from_env(timeout=TIMEOUT, max_pool_size=PARALLEL)
    )
    client.ping()
    return client


def _address_of_context() -> str:
    """Ask the CLI which engine it talks to; the SDK knows nothing of contexts."""
    if os.environ.get("DOCKER_HOST") or not shutil.which("docker"):
        return ""
    command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def authorities() -> dict[str, bytes]:
    """Read the CA files that the owner of this machine added, by a flat name each."""
    found = sorted(AUTHORITIES.rglob("*.crt")) if AUTHORITIES.is_dir() else []
    return {
        str(path.relative_to(AUTHORITIES)).replace("/", "_"): path.read_bytes() for path in found
    }


def hub_answers(url: str = HUB, timeout: float = 3) -> bool:
    """Tell whether Docker Hub can be reached; being asked to log in is an answer."""
    try:
        with urllib.request.urlopen(url, timeout=timeout):  # noqa: S310 - a constant https address
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, socket.timeout):  # noqa: UP041 - getaddrinfo times out in its own way
        return False


@dataclass(frozen=True)
class Mirror:
    """Where Debian's packages come from."""

    main: str = "http://deb.debian.org/debian"
    security: str = "http://deb.debian.org/debian-security"


def mirror() -> Mirror:
    """Take Debian's mirror from this machine's own apt set-up, or the public one."""
    if not shutil.which("apt-get"):
        return Mirror()
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return pick_mirror(listed.split())


def pick_mirror(addresses: list[str]) -> Mirror:
    """Pick Debian's archive and its security archive among a machine's package sources."""
    plain = [address.rstrip("/") for address in addresses]
    main = [a for a in plain if a.endswith("/debian") and not a.endswith("/linux/debian")]
    security = [address for address in plain if address.endswith("/debian-security")]
    return Mirror(main[0] if main else Mirror.main, security[0] if security else Mirror.security)
