"""From the answer of observe.sh to an `Observation`. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from deploy.engine.base import LockSeen, Observation, Replica
from deploy.engine.compose import ports

# Docker's template for one container; the words after `container ` are JSON.
CONTAINER = (
    'container {"id":{{json .ID}},"name":{{json .Name}},'
    '"service":{{json (index .Config.Labels "com.docker.compose.service")}},'
    '"definition":{{json (index .Config.Labels "slipway.definition")}},'
    '"state":{{json .State.Status}},'
    '"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end}},'
    '"image":{{json .Config.Image}},"restarts":{{.RestartCount}},'
    '"started_at":{{json .State.StartedAt}},"networks":{{json .NetworkSettings.Networks}},'
    '"ports":{{json .NetworkSettings.Ports}}}'
)


def parse_observation(text: str) -> Observation:
    """Return what the lines of observe.sh say."""
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        kind, _, value = line.partition(" ")
        lines.setdefault(kind, []).append(value)
    docker, kernel, compose, free, now = lines["server"][0].split()
    upstreams = (value.partition(" ") for value in lines.get("upstream", []))
    replicas = parse_replicas(text)
    own = [port for replica in replicas for port in replica.publishes]
    records = [record for value in lines.get("release", []) if (record := _entry(value))]
    return Observation(
        now=float(now),
        docker=docker,
        compose=compose,
        kernel=kernel,
        disk_free=int(free) * 1024,
        stamp=_last(lines, "stamp"),
        current=_last(lines, "current"),
        releases={record["id"]: record for record in records},
        replicas=replicas,
        upstreams={service: first_line for service, _, first_line in upstreams},
        lock=_lock(_last(lines, "lock")),
        journal=tuple(_entry(value) for value in lines.get("journal", [])),
        still=frozenset(lines.get("still", [])),
        taken=ports.taken(map(ports.listening, lines.get("listens", [])), own),
    )


def parse_replicas(text: str) -> tuple[Replica, ...]:
    """Return the containers among the lines of `text`, oldest first."""
    found = [
        _replica(json.loads(line.removeprefix("container ")))
        for line in text.splitlines()
        if line.startswith("container ")
    ]
    return tuple(sorted(found, key=lambda replica: (replica.service, _number(replica.name))))


def _replica(found: Mapping[str, Any]) -> Replica:
    networks = found["networks"] or {}
    return Replica(
        id=found["id"],
        name=found["name"].removeprefix("/"),
        service=found["service"] or "",
        definition=found["definition"] or "",
        state=found["state"],
        health=found["health"],
        image=found["image"],
        restarts=found["restarts"],
        started_at=found["started_at"],
        addresses={name: net["IPAddress"] for name, net in networks.items() if net["IPAddress"]},
        publishes=ports.bound(found.get("ports")),
    )


def _number(name: str) -> int:
    number = name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _lock(value: str) -> LockSeen | None:
    if not value:
        return None
    age, state, holder = value.split(" ", 2)
    found = _entry(holder)
    return LockSeen(
        run=found.get("run", ""),
        owner=found.get("owner", "somebody"),
        reason=found.get("reason", "something"),
        since=float(found.get("since", 0)),
        age=float(age),
        abandoned=state == "abandoned",
    )


def _entry(value: str) -> Mapping[str, Any]:
    """Return a record; nothing where it was cut short, by a full disk for one, or is just gone."""
    try:
        entry: Mapping[str, Any] = json.loads(value)
    except json.JSONDecodeError:
        return {}
    return entry


def _last(lines: Mapping[str, list[str]], kind: str) -> str:
    return lines.get(kind, [""])[-1]
