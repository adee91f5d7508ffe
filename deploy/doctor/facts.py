"""What examine.sh found, as values. Pure."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Docker's template for one container; the words after `container ` are JSON.
CONTAINER = (
    'container {"id":{{json .ID}},"name":{{json .Name}},'
    '"service":{{json (index .Config.Labels "com.docker.compose.service")}},'
    '"state":{{json .State}},"restarts":{{.RestartCount}},'
    '"memory":{{.HostConfig.Memory}},'
    '"networks":{{json .NetworkSettings.Networks}}}'
)
_NO_PROGRAM = "127"
_UNASKED = {_NO_PROGRAM, "126", "124"}  # nobody there who could ask, or no answer in time


@dataclass(frozen=True)
class Container:
    """One container. `memory` is its limit in bytes, 0 without one; `log` its last lines."""

    name: str
    service: str
    status: str
    exit_code: int = 0
    out_of_memory: bool = False
    error: str = ""
    restarts: int = 0
    memory: int = 0
    health: str = ""
    checked: str = ""
    networks: frozenset[str] = frozenset()
    log: str = ""


@dataclass(frozen=True)
class Facts:
    """One examination. Bytes and seconds since 1970; -1 where something could not be seen.

    `names` tells whether a service finds another by its name, `ports` whether a service answers on
    a port, both None where nobody could be asked; `owners` who has a port of the machine.
    """

    now: float = -1
    synchronized: str = "unknown"
    memory: tuple[int, int] = (-1, -1)
    disk: tuple[int, int] = (-1, -1)
    inodes: tuple[int, int] = (-1, -1)
    docker: str = ""
    containers: tuple[Container, ...] = ()
    names: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)
    ports: Mapping[tuple[str, int], bool | None] = field(default_factory=dict)
    owners: Mapping[int, str] = field(default_factory=dict)
    answer: str = ""
    expires: float = -1
    trust: str = ""


def parse(text: str) -> Facts:
    """Return what the lines of examine.sh say."""
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        kind, _, value = line.partition(" ")
        lines.setdefault(kind, []).append(value)
    clock, synchronized = _last(lines, "clock", "-1 unknown").split(" ", 1)
    expires = _last(lines, "expires", "")
    return Facts(
        now=float(clock),
        synchronized=synchronized,
        memory=_pair(lines, "memory", 1024),
        disk=_pair(lines, "disk", 1024),
        inodes=_pair(lines, "inodes", 1),
        docker=_last(lines, "docker", ""),
        containers=_containers(lines.get("container", []), lines.get("log", [])),
        names=dict(map(_name, lines.get("name", []))),
        ports=dict(map(_port, lines.get("port", []))),
        owners=_owners(lines.get("listens", []), lines.get("publishes", [])),
        answer=_last(lines, "answer", ""),
        expires=ssl.cert_time_to_seconds(expires) if expires else -1,
        trust=_last(lines, "trust", ""),
    )


def _last(lines: Mapping[str, list[str]], kind: str, default: str) -> str:
    return lines[kind][-1] if lines.get(kind) else default


def _pair(lines: Mapping[str, list[str]], kind: str, unit: int) -> tuple[int, int]:
    words = _last(lines, kind, "").split()
    return (int(words[0]) * unit, int(words[1]) * unit) if len(words) == len("ab") else (-1, -1)


def _containers(found: list[str], logs: list[str]) -> tuple[Container, ...]:
    said: dict[str, list[str]] = {}
    for line in logs:
        identity, _, text = line.partition(" ")
        said.setdefault(identity, []).append(text)
    return tuple(_container(one, said.get(one["id"], [])) for one in map(json.loads, found))


def _container(found: Mapping[str, Any], log: list[str]) -> Container:
    state = found["state"]
    health = state.get("Health") or {}
    checks = health.get("Log") or []
    return Container(
        name=found["name"].removeprefix("/"),
        service=found["service"] or "",
        status=state["Status"],
        exit_code=state["ExitCode"],
        out_of_memory=state["OOMKilled"],
        error=state["Error"],
        restarts=found["restarts"],
        memory=found["memory"],
        health=health.get("Status", ""),
        checked=checks[-1]["Output"].strip() if checks else "",
        networks=frozenset(found["networks"] or ()),
        log="\n".join(log),
    )


def _name(line: str) -> tuple[tuple[str, str], bool | None]:
    source, target, code = line.split()
    return (source, target), None if code in _UNASKED else code == "0"


def _port(line: str) -> tuple[tuple[str, int], bool | None]:
    service, port, code = line.split()
    return (service, int(port)), None if code == _NO_PROGRAM else code == "0"


def _owners(listens: list[str], publishes: list[str]) -> dict[int, str]:
    """Return who has which port: a container before a process, which may be Docker's own."""
    owners = {}
    for line in listens:
        address, _, users = line.partition(" ")
        port = address.rpartition(":")[2]
        if port.isdigit():
            owners[int(port)] = users.partition('"')[2].partition('"')[0] or "a process"
    for line in publishes:
        name, _, ports = line.partition(" ")
        for part in ports.split(", "):
            published = part.partition("->")[0].rpartition(":")[2]
            if "->" in part and published.isdigit():
                owners[int(published)] = f"container {name}"
    return owners
