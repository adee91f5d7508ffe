"""Servers and the builder: what they are made of, and when they are ready."""

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docker.models.containers import Container

from deploy.sandbox.containers import Blueprint, File
from deploy.sandbox.ports import LOOPBACK, PUBLISHED

DEPLOY_UID: Final = 1000
BUILDER_FOLDER: Final = "/srv/builder"
SOCKET: Final = "docker.sock"

ANSWERS: Final = (
    "test ! -e /run/nologin && "
    "curl -fsS --max-time 2 --unix-socket /run/docker.sock http://docker/_ping >/dev/null"
)
"""Logins are open, and the engine answers."""


def server(
    identity: str,
    name: str,
    image: str,
    *,
    ports: Mapping[str, int],
    client_key: Path,
    host_key: Path,
) -> Blueprint:
    """Draw a server: published ports, its own host key, and the one key that may log in."""
    keys = "/etc/ssh/ssh_host_ed25519_key"
    return Blueprint(
        identity=identity,
        name=name,
        image=image,
        ports={PUBLISHED[name][purpose]: port for purpose, port in ports.items()},
        files=(
            File(keys, host_key.read_text(), 0o600),
            File(f"{keys}.pub", _public(host_key)),
            File("/home/deploy/.ssh/authorized_keys", _public(client_key), 0o600, DEPLOY_UID),
        ),
        system=True,
        data="/var/lib/docker",
    )


def builder(identity: str, image: str, folder: Path) -> Blueprint:
    """Draw the builder: a server without logins, whose engine also listens in a shared folder."""
    listen = f"{BUILDER_FOLDER}/{SOCKET}"
    owner = f"ExecStartPost=/bin/sh -c 'chown {os.getuid()} {listen} && chmod 600 {listen}'"
    return Blueprint(
        identity=identity,
        name="builder",
        image=image,
        files=(
            File("/etc/default/docker", f'DOCKER_OPTS="-H unix://{listen}"\n'),
            File("/etc/systemd/system/docker.service.d/builder.conf", f"[Service]\n{owner}\n"),
            File("/etc/systemd/system/ssh.service", link="/dev/null"),
        ),
        system=True,
        data="/var/lib/docker",
        binds={str(folder): BUILDER_FOLDER},
    )


def server_ready(port: int) -> Callable[[Container], bool]:
    """Make the check that a server's engine answers, and its sshd through the published port."""
    return lambda container: _greets(port) and _engine_answers(container)


def builder_ready(path: Path) -> Callable[[Container], bool]:
    """Make the check that the builder's engine answers through the shared folder, to us."""
    return lambda container: _engine_answers(container) and _is_ours(path)


def _public(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text()


def _engine_answers(container: Container) -> bool:
    return int(container.exec_run(["sh", "-c", ANSWERS]).exit_code or 0) == 0


def _greets(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _is_ours(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
        return path.stat().st_uid == os.getuid()
    except OSError:
        return False
