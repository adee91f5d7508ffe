"""Keys of the sandbox: made here, so that every host key is known before the first connection."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.errors import SandboxError
from deploy.sandbox.ports import LOOPBACK


def ensure(path: Path, comment: str) -> str:
    """Make an ed25519 key where there is none, and return its public half."""
    public = path.with_name(f"{path.name}.pub")
    if not (path.exists() and public.exists()):
        if not shutil.which("ssh-keygen"):
            raise SandboxError("sandbox", "ssh-keygen is not installed", "run scripts/setup")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SandboxError(str(path), "ssh-keygen failed", detail=done.stderr.strip())
    return public.read_text().strip()


def known_hosts(keys: Mapping[int, str]) -> str:
    """Write a known_hosts file: one line for each published SSH port and its public key."""
    return "".join(
        f"[{LOOPBACK}]:{port} {' '.join(key.split()[:2])}\n" for port, key in keys.items()
    )


def ssh_config(ports: Mapping[str, int], key: Path, hosts: Path) -> str:
    """Write an SSH configuration with which `ssh -F <it> staging.sandbox` just works."""
    return "\n".join(
        f"Host {server}.sandbox\n"
        f"  HostName {LOOPBACK}\n"
        f"  Port {port}\n"
        "  User deploy\n"
        f"  IdentityFile {_quoted(key)}\n"
        "  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {_quoted(hosts)}\n"
        "  StrictHostKeyChecking yes\n"
        for server, port in ports.items()
    )


def _quoted(path: Path) -> str:
    text = str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text
