"""An app with something to lose, and a store of its own for its snapshots."""

import dataclasses
import json
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import boto3
from botocore.config import Config
from stage import Stage
from workspace import APPS, Ended, Workspace, make_workspace

from deploy.sandbox import Sandbox
from deploy.sandbox.s3 import BUCKET, SECRET

KEY = "slipway.key"
_LINE = re.compile(r"\S.*: .+\. .+\.?")  # place: what is wrong. what to do.
_REMAINS = r"""
ls -d "$root"/backup/run.* 2>/dev/null
docker ps --all --format '{{.Names}}' --filter "name=slipway-opt-$app"
docker ps --all --format '{{.Names}}' --filter "label=com.docker.compose.project=$project-restoring"
pgrep -af "[ ]$root/backup"
for db in $(docker ps --quiet --filter "label=com.docker.compose.project=$project"); do
    docker top "$db" | grep -E 'pg_(dump|restore)|idle in transaction'
done
"""


@dataclass
class Shop(Stage):
    """The app, as `stage.py` has apps, with its database, its volume and its snapshots."""

    prefix: str = ""
    serving = Workspace.serving

    def backup(self, *flags: str) -> str:
        """Take a snapshot; return its id."""
        ended = self.inv("backup", "--json", *flags)
        assert ended.code == 0, ended.all
        return str(json.loads(ended.out)["id"])

    def restore(self, *flags: str) -> Ended:
        return self.inv("restore", "--key", KEY, "--yes", *flags)

    def listed(self) -> list[dict[str, Any]]:
        """Return what `backup.list` says."""
        ended = self.inv("backup.list", "--json")
        assert ended.code == 0, ended.all
        found: list[dict[str, Any]] = json.loads(ended.out)
        return found

    def sql(self, script: str, database: str = "shop") -> str:
        """Run SQL in the database; return its output, without decoration."""
        name = database.replace("\\", "\\\\").replace("'", "\\'")
        argv = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "shop", "-d", f"dbname='{name}'"]
        return self.inside("db", argv, script.encode()).decode()

    @contextmanager
    def locked(self, table: str) -> Iterator[Callable[[], None]]:
        """Have a table locked against all that read it; yield what lets it go."""
        (container,) = self.replicas("db")
        argv = ["docker", "exec", "-i", self.sandbox.container(self.server), "docker", "exec", "-i"]
        argv += [container, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "shop", "-d", "shop"]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as psql:
            assert psql.stdin is not None
            assert psql.stdout is not None
            psql.stdin.write(f"begin; lock table {table}; select 'locked';\n")
            psql.stdin.flush()
            assert psql.stdout.readline() == "locked\n"
            yield psql.stdin.close

    def python(self, script: str) -> str:
        """Run a program where `uploads` is mounted; return its output."""
        return self.inside("web", ["python3", "-"], script.encode()).decode()

    def inside(self, service: str, argv: Sequence[str], stdin: bytes = b"") -> bytes:
        """Run a command in a container of the app; it must work."""
        (container,) = self.replicas(service)
        return self.on_container(container, argv, stdin)

    def on_container(self, container: str, argv: Sequence[str], stdin: bytes = b"") -> bytes:
        """Run a command in any container of the server; it must work."""
        server = self.sandbox.container(self.server)
        done = subprocess.run(
            ["docker", "exec", "-i", server, "docker", "exec", "-i", container, *argv],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def volumes(self) -> list[str]:
        """Return all volumes of the app, also those that a restore has made."""
        return self.on_server(f"docker volume ls -q | grep '^{self.project}_'").split()

    @property
    def s3(self) -> Any:
        """The sandbox's S3 API, by boto3 itself."""
        return boto3.client(
            "s3",
            endpoint_url=self.sandbox.s3_from_here,
            aws_access_key_id="sandbox",
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )

    def objects(self, snapshot: str = "") -> list[str]:
        """Return the keys below the app's own prefix, or those of a snapshot."""
        below = f"{self.prefix}/{self.project}/{snapshot}"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=below)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def place(self, snapshot: str, name: str) -> str:
        """Return the key of one object of a snapshot."""
        (key,) = [key for key in self.objects(snapshot) if key.endswith(f"/{name}")]
        return key

    def uploads_under_way(self) -> list[str]:
        return [upload["Key"] for upload in self._uploads()]

    def _uploads(self) -> list[dict[str, str]]:
        found = self.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=self.prefix)
        return [one for one in found.get("Uploads", ()) if one["Key"].startswith(self.prefix)]

    def strays(self, *snapshots: str) -> list[str]:
        """Return what is in the store and belongs to none of these snapshots."""
        found = [*self.objects(), *self.uploads_under_way()]
        return [key for key in found if not any(f"/{one}/" in key for one in snapshots)]

    def sweep(self, *snapshots: str) -> None:
        """Remove what belongs to none of these snapshots."""
        for upload in self._uploads():
            self.s3.abort_multipart_upload(
                Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        for key in self.strays(*snapshots):
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def forget(self, snapshot: str) -> None:
        """Remove a snapshot."""
        for key in self.objects(snapshot):
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def read(self, key: str) -> bytes:
        data: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return data

    def write(self, key: str, data: bytes) -> None:
        """Put other bytes where an object was: what a store never does by itself."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)

    def stand_ins(self) -> list[str]:
        """Return the containers that stand in for the database while it is restored."""
        label = f"label=com.docker.compose.project={self.project}-restoring"
        return self.on_server(f"docker ps -q --filter {label}").split()

    def dumps(self) -> list[str]:
        """Return the processes that dump a database of the app."""
        (container,) = self.replicas("db")
        found = f"docker top {container} -eo pid,args | awk '/pg_dump /{{print $1}}'"
        return self.on_server(found).split()

    def answers(self) -> bool:
        """Whether the database takes connections."""
        (container,) = self.replicas("db")
        return "accepting" in self.on_server(f"docker exec {container} pg_isready -U shop")

    def assert_tidy(self) -> None:
        """Soon nothing is left of a run that has ended or died."""
        end = time.monotonic() + 30
        while found := self.remains():
            assert time.monotonic() < end, found
            time.sleep(0.2)

    def remains(self) -> list[str]:
        """Return what a run of backups must not leave on the server."""
        said = self.on_server(f"app={self.app} root={self.root} project={self.project}\n{_REMAINS}")
        return said.splitlines()

    def refused(self, ended: Ended, *words: str) -> None:
        """It ended with exit code 1 and one clear line with these words."""
        assert ended.code == 1, ended.all
        assert "Traceback" not in ended.all, ended.all
        line = ended.err.rstrip().rpartition("\n")[2]
        assert _LINE.fullmatch(line), ended.all
        for word in words:
            assert word in line, f"{word!r} is not in: {line}"

    @contextmanager
    def settings(self, *changes: tuple[str, str]) -> Iterator[None]:
        """Have deploy.toml changed for a while."""
        with self.edited("deploy.toml", *changes):
            yield

    def on(self, server: str) -> "Shop":
        """Return the same app on another server."""
        return dataclasses.replace(self, server=server)

    def close(self) -> None:
        """Remove the app, its volumes and its snapshots."""
        self.clear()
        self.sweep()


def make_shop(
    sandbox: Sandbox, folder: Path, server: str = "staging", app: str = "shop", **variables: str
) -> Shop:
    """Lay an app out under a name of its own, with a key pair, and deploy it."""
    name = f"t{uuid.uuid4().hex[:8]}"
    base = make_workspace(sandbox, folder, name)
    for one in ("shop", app):
        copytree(APPS / one, folder, dirs_exist_ok=True)
    shop = Shop(folder, sandbox, base.app, server, variables, prefix=f"tests/{name}")
    made = shop.inv("backup.keygen", "--file", KEY)
    public = re.search(r"age1\w+", made.out)
    assert public, made.all
    settings = folder / "deploy.toml"
    text = settings.read_text().replace('"tiny"', f'"{name}"').replace("PREFIX", shop.prefix)
    text = text.replace("staging.sandbox", f"{server}.sandbox")
    settings.write_text(text.replace("PUBLIC", public[0]))
    try:
        shop.release(shop.next_tag())
    except BaseException:
        shop.close()
        raise
    return shop
