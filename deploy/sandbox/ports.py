"""Ports on this machine's loopback address: chosen once, then remembered."""

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.errors import SandboxError

LOOPBACK: Final = "127.0.0.1"

PUBLISHED: Final[Mapping[str, Mapping[str, int]]] = {
    "staging": {"ssh": 22, "http": 80, "https": 443, "alternate": 8080},
    "production": {"ssh": 22, "http": 80, "https": 443, "alternate": 8080},
    "builder": {},
    "registry": {"api": 5000},
    "s3": {"api": 4566},
}
"""Container → name → port inside. What is added here is published on loopback."""

FIRST, COUNT = 20000, 10000
"""Below the range from which Linux takes ports for outgoing connections."""

Ports = dict[str, dict[str, int]]


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(
    identity: str, known: Ports, fixed: frozenset[str], free: Callable[[int], bool] = is_free
) -> Ports:
    """Give each container its ports: the known ones where they can stay, else the next free ones.

    `fixed` names the containers that exist: theirs stay, whoever holds them. The search starts at
    a place made from the identity, so that two checkouts seldom meet and never depend on it.
    """
    remembered = {port for each in known.values() for port in each.values()}
    start = int(identity, 16) % COUNT
    around = (FIRST + (start + step) % COUNT for step in range(COUNT))
    new = (port for port in around if port not in remembered and free(port))
    chosen: Ports = {}
    taken: set[int] = set()
    for container, wanted in PUBLISHED.items():
        chosen[container] = {}
        for purpose in wanted:
            port = known.get(container, {}).get(purpose)
            if port is None or port in taken or not (container in fixed or free(port)):
                port = next(new, None)
            if port is None:
                raise SandboxError("sandbox", "no free port is left on 127.0.0.1", "stop something")
            taken.add(port)
            chosen[container][purpose] = port
    return chosen


def load(path: Path) -> Ports:
    """Read the remembered ports; none when there are none, or none that can be read."""
    try:
        read = json.loads(path.read_text())
        return {
            str(container): {str(purpose): int(port) for purpose, port in ports.items()}
            for container, ports in read.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def save(path: Path, ports: Ports) -> None:
    """Remember the ports."""
    path.write_text(json.dumps(ports, indent=2) + "\n")
