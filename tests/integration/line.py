"""An SSH line of one's own to a server: an sshd beside the server's, to be cut as one likes.

Whoever else works on that server has another line, and notices nothing.
"""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workspace import address_of

from deploy.sandbox import Sandbox

_PORTS = range(12_000, 20_000)
_OPEN = "mkdir -p /run/sshd && /usr/sbin/sshd -p {port} -o PidFile={pid}"
_SESSIONS = "pgrep -P $(cat {pid})"
# Whose parent is the user's own part of an sshd is what was sent to run.
_HOLD = """
below() {{ while read -r one; do pgrep -P "$one"; done; }}
running() {{ below <{pid} | below | below; }}
end=$(($(date +%s) + 60))
until running >{held} && [ -s {held} ]; do [ "$(date +%s)" -lt "$end" ] || exit 1; done
kill -STOP $(cat {held})
"""
_RULES = {
    "dropped": ("INPUT -p tcp --dport {port} -j DROP", "OUTPUT -p tcp --sport {port} -j DROP"),
    "reset": ("INPUT -p tcp --dport {port} -j REJECT --reject-with tcp-reset",),
}


@dataclass(frozen=True)
class Line:
    """One sshd on a port of its own, reached at the server's address in the sandbox."""

    sandbox: Sandbox
    server: str
    port: int

    def lead(self, state: Path) -> Path:
        """Write an ssh configuration in the folder `state` that takes this line; return it."""
        address = address_of(self.sandbox, self.server)
        kind, key, *_ = self.sandbox.host_key(self.server).with_suffix(".pub").read_text().split()
        hosts, config = state / "known_hosts", state / "ssh_config"
        hosts.write_text(f"[{address}]:{self.port} {kind} {key}\n")
        config.write_text(
            f"Host {self.server}.sandbox\n  HostName {address}\n  Port {self.port}\n"
            f"  User deploy\n  IdentityFile {self.sandbox.client_key}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {hosts}\n  StrictHostKeyChecking yes\n"
        )
        return config

    def open(self) -> None:
        self._do(_OPEN)

    def close(self) -> None:
        self.mend()
        self.kill_sessions()
        self._do("kill $(cat {pid})")

    def hold(self) -> None:
        """Wait for the next command that comes on it, and hold that still until the line is cut."""
        self._do(_HOLD)

    def cut(self, how: str) -> None:
        """Cut it until it is mended: packets are `dropped`, or sessions and packets are `reset`."""
        for rule in _RULES[how]:
            self._do(f"iptables -w -I {rule}")
        if how == "reset":
            self.kill_sessions()
        self._do("kill -CONT $(cat {held} 2>/dev/null) 2>/dev/null; rm -f {held}", check=False)

    def mend(self) -> None:
        for rules in _RULES.values():
            for rule in rules:
                self._do(f"iptables -w -D {rule} 2>/dev/null", check=False)

    def kill_sessions(self) -> None:
        """Kill its sessions; what they run is left alone, as when the other side vanishes."""
        self._do(
            f"for one in $({_SESSIONS}); do pkill -KILL -P $one; kill -KILL $one; done", check=False
        )

    def _do(self, command: str, *, check: bool = True) -> str:
        pid, held = f"/run/sshd-{self.port}.pid", f"/run/held-{self.port}"
        text = command.format(port=self.port, pid=pid, held=held)
        argv = ["docker", "exec", self.sandbox.container(self.server), "sh", "-c", text]
        return subprocess.run(argv, capture_output=True, text=True, check=check).stdout


@contextmanager
def own_line(sandbox: Sandbox, server: str) -> Iterator[Line]:
    """Open a line to `server`, closed again whatever comes."""
    line = Line(sandbox, server, _PORTS[uuid.uuid4().int % len(_PORTS)])
    line.open()
    try:
        yield line
    finally:
        line.close()
