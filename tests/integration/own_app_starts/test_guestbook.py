"""An app that knows nothing of Slipway: `inv init`, and it is deployed without an edit."""

import http.client
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import CHECKOUT, INV, Ended, Workspace, address_of

from deploy.sandbox import Sandbox
from deploy.sandbox.load import LoadProcess

LOAD = Path(__file__).with_name("load.py")
PRIVATE = {"DB_PASSWORD": "hunter2-of-mine", "SECRET_KEY": "not-for-anybody", "MODE": "quiet"}


class Guestbook(Workspace):
    """The app in a repository of its own, on `staging`, whose nginx has a port of its own there."""

    port = 0

    def type(self, task: str, *arguments: str) -> Ended:
        ended = self.inv(task, "--env", "staging", *arguments, timeout=600)
        assert ended.code == 0, ended.all
        return ended

    def ask(self) -> dict[str, object]:
        connection = http.client.HTTPConnection(address_of(self.sandbox, self.server), self.port)
        connection.request("GET", "/")
        answer = connection.getresponse()
        found: dict[str, object] = json.loads(answer.read())
        connection.close()
        return found


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("guests") / "guestbook"
    shutil.copytree(Path(__file__).parent / "guestbook", folder)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in PRIVATE.items()))
    return folder


@pytest.fixture(scope="module")
def begun(theirs: Path, sandbox: Sandbox) -> Iterator[Guestbook]:
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    app = f"g{uuid.uuid4().hex[:8]}"
    argv = [str(INV), "init", "--folder", str(theirs), "--app", app]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in before} == before
    (theirs / ".sandbox").symlink_to(sandbox.state)
    found = Guestbook(theirs, sandbox, app)
    found.port = 12_000 + uuid.uuid4().int % 8000
    found.environment = {"HTTP_PORT": str(found.port)}
    yield found
    found.remove()


def test_what_it_writes_has_no_value_of_theirs(begun: Guestbook) -> None:
    written = ["deploy.toml", "compose.slipway.yaml", "tasks.py", "slipway", ".github"]
    roots = [begun.folder / name for name in written]
    files = [path for root in roots for path in (root, *root.rglob("*")) if path.is_file()]
    assert len(files) == 8
    for path in files:
        assert not any(value in path.read_text() for value in list(PRIVATE.values())[:2]), path


def test_it_is_deployed_without_an_edit_and_again_without_a_failed_request(
    begun: Guestbook,
) -> None:
    begun.type("env.init")
    for tag in ("v1", "v2"):
        begun.type("build", "--tag", tag)
        begun.type("push", "--tag", tag)
        page = begun.folder / "web" / "server.py"
        page.write_text(page.read_text().replace('"guests"', '"visitors"'))
    begun.type("deploy", "--tag", "v1")
    assert begun.ask() == {"guests": 0, "signed": True, "mode": "quiet"}
    tables = "select count(*) from guests"
    psql = f"docker exec {begun.replicas('db')[0]} psql -U guests -tc '{tables}'"
    assert begun.on_server(psql).strip() == "0"

    address = address_of(begun.sandbox, "staging")
    load = LoadProcess.of([sys.executable, str(LOAD), address, str(begun.port)])
    try:
        begun.type("deploy", "--tag", "v2")
        summary = load.stop()
    finally:
        load.discard()
    assert summary["failed"] == 0, summary["failures"]
    assert summary["sent"] > 200
    assert "visitors" in begun.ask()
    assert len(begun.replicas("worker")) == 1
    names = f"docker ps --filter name={begun.project} --format '{{{{.Ports}}}}'"
    assert "5432->" not in begun.on_server(names)
