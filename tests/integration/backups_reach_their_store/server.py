"""A server of the sandbox, which has curl and holds no credential."""

import subprocess
from dataclasses import dataclass

from deploy.sandbox import Sandbox


@dataclass(frozen=True)
class Server:
    sandbox: Sandbox
    name: str = "staging"

    def put(self, url: str, size: int, byte: str, *headers: str) -> tuple[int, str]:
        """PUT `size` bytes of one kind with curl; return the status and the ETag."""
        fill = f"head -c {size} /dev/zero | tr '\\0' '{byte}'"
        more = " ".join(f"-H '{header}'" for header in headers)
        said = self.shell(
            f"{fill} >$$.part; curl -sS -o /dev/null -w '%{{http_code}} %header{{etag}}'"
            f" {more} -T $$.part '{url}'; rm $$.part"
        )
        status, _, tag = said.partition(" ")
        return int(status), tag

    def get(self, url: str) -> tuple[int, str]:
        """GET with curl; return the status and the body."""
        body, _, status = self.shell(f"curl -sS -w '\\n%{{http_code}}' '{url}'").rpartition("\n")
        return int(status), body

    def shell(self, script: str) -> str:
        argv = ["docker", "exec", "-u", "deploy", "-w", "/tmp"]  # noqa: S108 - inside a container
        argv += [self.sandbox.container(self.name), "sh", "-c", script]
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout
