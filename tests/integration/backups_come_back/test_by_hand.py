"""RECOVER.md, followed word for word, brings everything back without Slipway."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from backups_come_back.databases import content, fill
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


@pytest.fixture
def elsewhere(shop: Shop) -> Iterator[Elsewhere]:
    """A new, empty Postgres on the server."""
    made = Elsewhere(**{field.name: getattr(shop, field.name) for field in fields(shop)})
    settings = "-e POSTGRES_USER=shop -e POSTGRES_PASSWORD=other -e POSTGRES_DB=postgres"
    made.inside_server(
        f"mkdir -p {made.there}; docker run -d --name {made.container} {settings} {IMAGE}\n"
        f"until docker exec {made.container} pg_isready -q -h 127.0.0.1 -U shop; do sleep 0.2; done"
    )
    yield made
    made.inside_server(f"docker rm -f -v {made.container}; rm -rf {made.there}")


def fetch(shop: Shop, snapshot: str, elsewhere: Elsewhere, folder: Path) -> list[str]:
    """Copy a snapshot and the private key to where it is put back; return the page's commands."""
    for key in shop.objects(snapshot):
        (folder / key.rpartition("/")[2]).write_bytes(shop.read(key))
    (folder / "team.key").write_bytes((shop.folder / KEY).read_bytes())
    there = f"{shop.sandbox.container(shop.server)}:{elsewhere.there}"
    subprocess.run(["docker", "cp", f"{folder}/.", there], check=True)
    return _BLOCK.findall((folder / "RECOVER.md").read_text())


def test_the_page_is_enough(shop: Shop, elsewhere: Elsewhere, tmp_path: Path) -> None:
    fill(shop)
    shop.python("open('/uploads/a', 'w').write('kept')")
    before = content(shop)
    snapshot = shop.backup()

    for block in fetch(shop, snapshot, elsewhere, tmp_path):
        commands = block.replace("CONTAINER", elsewhere.container).replace("-U postgres", "-U shop")
        elsewhere.carry_out(commands)

    after = content(elsewhere)
    assert after == before
    assert elsewhere.on_server(f"cat {elsewhere.there}/uploads/a") == "kept"


def test_the_pages_of_a_chain_are_enough(shop: Shop, elsewhere: Elsewhere, tmp_path: Path) -> None:
    shop.python("open('/uploads/old', 'w').write('old'); open('/uploads/a', 'w').write('first')")
    full = shop.backup("--only", "uploads")
    shop.python("import os; os.unlink('/uploads/old'); open('/uploads/a', 'w').write('second')")
    last = shop.backup("--only", "uploads", "--kind", "incremental")

    for snapshot in (full, last):
        (tmp_path / snapshot).mkdir()
        elsewhere.inside_server(f"rm -rf {elsewhere.there}/release")
        for block in fetch(shop, snapshot, elsewhere, tmp_path / snapshot):
            elsewhere.carry_out(block)

    found = elsewhere.on_server(f"cd {elsewhere.there}/uploads; cat a; ls -A")
    assert found.startswith("second")
    assert "old" not in found
    assert "slipway" not in found
