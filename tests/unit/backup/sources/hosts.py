"""Machines that say what a test wants them to, and the ground that a restore fills there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.backup.snapshot import Archive
from deploy.backup.sources.base import Origin, Server
from deploy.backup.transfer import Into
from deploy.host import Command, Host, Result, Script
from deploy.host.local import LocalHost
from deploy.host.recording import RecordingHost


def saying(*lines: str, code: int = 0, stderr: str = "") -> RecordingHost:
    text = "".join(f"{line}\n" for line in lines)
    return RecordingHost(answer=lambda _: Result(code, text.encode(), stderr.encode()))


def with_docker(folder: Path, docker: str) -> LocalHost:
    """Return this machine with a `docker` that is this shell script."""
    file = folder / "bin" / "docker"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{docker}")
    file.chmod(0o755)
    return LocalHost({"PATH": f"{file.parent}:{os.environ['PATH']}"})


def telling(host: Host, file: Path, script: Script, *arguments: str) -> tuple[Result, bytes]:
    """Run a script as the pump does: what it writes to descriptor 3 is in `file`, and returned."""
    run = 'told=$1; shift; exec sh -c "$@" 3>"$told"'
    argv = ("sh", "-c", run, "sh", str(file), script.text, script.name, *arguments)
    result = host.run(Command(argv))
    return result, file.read_bytes()


@dataclass
class Ground:
    """A new volume: what was poured into it, and what ran on it, is in `done`, in order."""

    host: Host
    volume: str = "new"
    moment: float | None = None
    done: list[Archive | Server] = field(default_factory=list)
    into: list[Into] = field(default_factory=list)

    def pour(self, archive: Archive, into: Into) -> None:
        self.done.append(archive)
        self.into.append(into)

    @contextmanager
    def stand_in(self, server: Server) -> Iterator[str]:
        self.done.append(server)
        yield "c1"

    def say(self, line: str) -> None:
        """Nobody hears it."""


def origin(host: RecordingHost, base: str = "", indexed: frozenset[str] = frozenset()) -> Origin:
    """Return an origin for a snapshot `s2`; nobody hears what is said."""
    return Origin(
        host=host,
        root="/opt/shop/staging",
        release="r1",
        container=lambda _: "c1",
        running=lambda _: ("c1", "c2"),
        snapshot="s2",
        say=lambda _: None,
        base=base,
        indexed=indexed,
    )
