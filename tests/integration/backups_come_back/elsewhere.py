"""A snapshot put back by hand: a new Postgres, and RECOVER.md followed word for word."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from backups_come_back.shop import KEY, Shop

IMAGE = "postgres:15"
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
# The tools of the page, in a container that has them: nothing is installed on the server for it.
_TOOLS = r"""
set -eu
cd {folder}
tools=$(docker images --format '{{{{.Repository}}}}:{{{{.Tag}}}}' slipway/pump | head -n 1)
tool() {{
    name=$1
    shift
    docker run -i --rm -v "$PWD:/here" -w /here --entrypoint "$name" "$tools" "$@"
}}
age() {{ tool age "$@"; }}
zstd() {{ tool zstd "$@"; }}
tar() {{ tool tar "$@"; }}
"""


@dataclass
class Elsewhere(Shop):
    """The database that was made by hand."""

    @property
    def container(self) -> str:
        return f"{self.app}-by-hand"

    @property
    def there(self) -> str:
        return f"/srv/{self.container}"

    def replicas(self, service: str = "", env: str = "") -> list[str]:  # noqa: ARG002 - it is one
        return [self.container]

    def carry_out(self, commands: str) -> None:
        """Do what the page says, in the snapshot's folder."""
        self.inside_server(_TOOLS.format(folder=self.there) + commands)

    def inside_server(self, script: str) -> None:
        argv = ["docker", "exec", "-i", self.sandbox.container(self.server), "sh", "-s"]
        done = subprocess.run(argv, input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


@contextmanager
def made_by_hand(shop: Shop) -> Iterator[Elsewhere]:
    """A new, empty Postgres on the server."""
    made = Elsewhere(**{field.name: getattr(shop, field.name) for field in fields(shop)})
    settings = "-e POSTGRES_USER=shop -e POSTGRES_PASSWORD=other -e POSTGRES_DB=postgres"
    made.inside_server(
        f"mkdir -p {made.there}; docker run -d --name {made.container} {settings} {IMAGE}\n"
        f"until docker exec {made.container} pg_isready -q -h 127.0.0.1 -U shop; do sleep 0.2; done"
    )
    try:
        yield made
    finally:
        made.inside_server(f"docker rm -f -v {made.container}; rm -rf {made.there}")


def fetch(shop: Shop, snapshot: str, elsewhere: Elsewhere, folder: Path) -> list[str]:
    """Copy a snapshot and the private key to where it is put back; return the page's commands."""
    for key in shop.objects(snapshot):
        (folder / key.rpartition("/")[2]).write_bytes(shop.read(key))
    (folder / "team.key").write_bytes((shop.folder / KEY).read_bytes())
    there = f"{shop.sandbox.container(shop.server)}:{elsewhere.there}"
    subprocess.run(["docker", "cp", f"{folder}/.", there], check=True)
    return _BLOCK.findall((folder / "RECOVER.md").read_text())
