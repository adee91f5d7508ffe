"""A backup beside what people type instead, on the same machine and the same data.

    .venv/bin/python -m benchmarks.backup            (the sandbox must be up)

A generated Postgres database and a volume of small files, on the sandbox's staging server: once
through `inv backup`; once as `pg_dump | gzip > file; aws s3 cp` does it, and `tar` for the volume;
and once through zstd into /dev/null, which is the floor. Peaks are sampled five times a second: of
resident memory for each process by itself, of the disk by what waits there to be sent. Everything
is read once before, so that nobody finds a cold cache.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.sandbox import Sandbox
from deploy.sandbox.s3 import BUCKET, ENDPOINT, SECRET
from deploy.wiring import find_checkout

APP, SERVER = "backup-bench", "staging"
PROJECT = f"{APP}-staging"
INTERVAL = 0.2  # seconds between two samples
SETTLED = 3.0  # seconds after which a file that changed is not taken for one that still may
COMPOSE = """
services:
  db:
    image: postgres:15
    environment: { POSTGRES_PASSWORD: secret }
    volumes: ["database:/var/lib/postgresql/data"]
    healthcheck: { test: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "postgres"], interval: 1s }
  files:
    image: python:3.11-slim
    command: ["sleep", "infinity"]
    init: true
    volumes: ["files:/files"]
volumes: { database: , files: }
"""
SETTINGS = """
app = "{app}"
[environments.staging]
hosts = ["deploy@staging.sandbox"]
[backup]
store = "s3://{bucket}/benchmarks"
endpoint = "{endpoint}"
path_style = true
encrypt = ["{public}"]
keep = {{ last = 1 }}
"""
# About 1 KiB a row, half of it hard to compress, as text and identifiers are.
ROWS = """
create table if not exists lines as
    select n, md5(n::text || 'a') token, gen_random_uuid() id, now() - n * interval '1 second' made,
        repeat('some words that come again ', 12) || string_agg(md5(random()::text || i), '') text
    from generate_series(1, {rows}) n, generate_series(1, 16) i group by n;
"""
FILES = """
import os, random
random.seed(1)
for n in range({files}):
    folder = f"/files/{{n % 200:03}}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{{folder}}/{{n}}.bin", "wb") as out:
        out.write(random.randbytes(random.randrange(1000, 20000)) + b"words " * 1500)
"""
TOOLS = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y awscli zstd\n"
DUMP = "docker exec {db} pg_dump -U postgres"
TAR = "docker run --rm -v {project}_files:/data:ro debian:bookworm-slim tar -C /data -cf - ."
ZSTD = "docker run --rm -i --network none tools zstd -q -3 -T0 >/dev/null"
UPLOAD = (
    "docker run --rm --network host -v /tmp/bench:/bench -e AWS_ACCESS_KEY_ID=sandbox"
    " -e AWS_SECRET_ACCESS_KEY={secret} -e AWS_DEFAULT_REGION=us-east-1 tools"
    " aws --endpoint-url {endpoint} s3 cp --only-show-errors /bench/{{name}} s3://{bucket}/by-hand/{{name}}"
)


@dataclass
class Peaks:
    """What was seen while something ran."""

    memory: dict[str, int] = field(default_factory=dict)  # KiB, by the name of a process
    disk: int = 0  # KiB more than at the beginning
    seconds: float = 0.0


@dataclass(frozen=True)
class Row:
    """One way to back up: seconds, bytes in the store, and what was seen meanwhile."""

    name: str
    seconds: float
    stored: int
    peaks: Peaks


@dataclass(frozen=True)
class Bench:
    """The app on the server, in a checkout of its own."""

    sandbox: Sandbox
    folder: Path

    def inv(self, *arguments: str) -> str:
        """Type `inv`."""
        argv = [str(Path(sys.executable).with_name("inv")), *arguments]
        done = subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout

    def on_server(self, script: str, stdin: str = "") -> str:
        """Run a shell script as root."""
        argv = ["docker", "exec", "-i", self.sandbox.container(SERVER), "bash", "-c"]
        argv.append(f"set -o pipefail; {script}")
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout

    @property
    def db(self) -> str:
        """The id of the container of the database."""
        return self._container("db")

    @property
    def files(self) -> str:
        """The id of the container that has the volume."""
        return self._container("files")

    def _container(self, service: str) -> str:
        label = "label=com.docker.compose"
        filters = f"--filter {label}.project={PROJECT} --filter {label}.service={service}"
        return self.on_server(f"docker ps -q {filters}").strip()

    def fill(self, rows: int, files: int) -> None:
        """Deploy, and have data."""
        self.inv("deploy", "--tag", "v1", "--no-backup")
        psql = f"docker exec -i {self.db} psql -q -U postgres -v ON_ERROR_STOP=1"
        self.on_server(psql, ROWS.format(rows=rows))
        self.on_server(f"docker exec -i {self.files} python3 -", FILES.format(files=files))
        self.on_server("mkdir -p /tmp/bench && docker build -q -t tools -", TOOLS)

    @contextmanager
    def watched(self) -> Iterator[Peaks]:
        """Sample while the block runs."""
        peaks, over = Peaks(), threading.Event()
        before, begun = self._disk(), time.monotonic()
        sampler = threading.Thread(target=self._sample, args=(peaks, over, before))
        sampler.start()
        try:
            yield peaks
        finally:
            peaks.seconds = time.monotonic() - begun
            over.set()
            sampler.join()

    def _sample(self, peaks: Peaks, over: threading.Event, before: int) -> None:
        while not over.wait(INTERVAL):
            listed = subprocess.run(
                ["ps", "-eo", "rss=,comm=,args="], capture_output=True, text=True, check=True
            )
            for line in listed.stdout.splitlines():
                size, name, arguments = (*line.split(None, 2), "")[:3]
                name = _role(name, arguments)
                if name:
                    peaks.memory[name] = max(peaks.memory.get(name, 0), int(size))
            peaks.disk = max(peaks.disk, self._disk() - before)

    def _disk(self) -> int:
        """Return how much lies where either way puts what it has not sent yet, in KiB."""
        sizes = self.on_server(f"du -cks /opt/{APP} /tmp/bench 2>/dev/null || :")
        return int(sizes.splitlines()[-1].split()[0])


def _role(name: str, arguments: str) -> str:
    """Return what a process is called in the table; nothing for one that is not ours."""
    if name in {"pg_dump", "gzip", "zstd", "age", "tar", "aws", "curl"}:
        return name
    if "-m pump" in arguments and name.startswith("python"):
        return "pump"
    return "inv" if re.search(r"bin/inv backup", arguments) else ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_150_000, help="of the table, 1 KiB each")
    parser.add_argument("--files", type=int, default=20_000, help="in the volume")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        bench = lay_out(Path(folder))
        bench.fill(flags.rows, flags.files)
        out = Console(highlight=False, width=120)
        size = "select pg_size_pretty(pg_database_size(current_database()))"
        found = bench.on_server(f'docker exec {bench.db} psql -XAtU postgres -c "{size}"')
        out.print(f"database: {found.strip()}; {flags.files} files")
        floor(bench)
        show(out, [floor(bench), by_hand(bench), *ours(bench), *files_alone(bench)])


def lay_out(folder: Path) -> Bench:
    """Write a checkout with the app."""
    checkout = find_checkout()
    sandbox = Sandbox.at(checkout)
    bench = Bench(sandbox, folder)
    (folder / "tasks.py").write_text((checkout / "tasks.py").read_text())
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / ".sandbox").symlink_to(sandbox.state)
    (folder / "deploy.toml").write_text(f'app = "{APP}"\n')
    (public,) = re.findall(r"age1\w+", bench.inv("backup.keygen", "--file", "bench.key"))
    (folder / "deploy.toml").write_text(
        SETTINGS.format(app=APP, bucket=BUCKET, endpoint=ENDPOINT, public=public)
    )
    return bench


def floor(bench: Bench) -> Row:
    """Read and compress everything, and throw it away."""
    with bench.watched() as peaks:
        bench.on_server(f"{DUMP.format(db=bench.db)} -Fc -Z0 postgres | {ZSTD}")
        bench.on_server(f"{TAR.format(project=PROJECT)} | {ZSTD}")
    return Row("zstd into /dev/null", peaks.seconds, 0, peaks)


def by_hand(bench: Bench) -> Row:
    """Do as most scripts do: dump and pack into files, then copy them."""
    upload = UPLOAD.format(secret=SECRET, endpoint=ENDPOINT, bucket=BUCKET)
    with bench.watched() as peaks:
        bench.on_server(f"{DUMP.format(db=bench.db)} postgres | gzip >/tmp/bench/db.sql.gz")
        bench.on_server(upload.format(name="db.sql.gz"))
        bench.on_server(f"{TAR.format(project=PROJECT)} | gzip >/tmp/bench/files.tar.gz")
        bench.on_server(upload.format(name="files.tar.gz"))
    stored = int(bench.on_server("du -cbs /tmp/bench/*.gz | tail -n 1 | cut -f 1"))
    bench.on_server("rm -rf /tmp/bench")
    return Row("gzip to a file, aws s3 cp", peaks.seconds, stored, peaks)


def ours(bench: Bench) -> Iterator[Row]:
    """Back up with Slipway: what its archives took, and the whole, with all of it read back."""
    bench.inv("backup", "--only", "files")  # builds the pump's image, once for a server
    with bench.watched() as peaks:
        said = bench.inv("backup")
    archives = re.findall(r"(\d+) stored, ([\d.]+) s", said)
    stored = sum(int(size) for size, _ in archives)
    yield Row("inv backup: stored", sum(float(seconds) for _, seconds in archives), stored, peaks)
    yield Row("inv backup: stored and read back", peaks.seconds, stored, peaks)


def files_alone(bench: Bench) -> Iterator[Row]:
    """Back up the volume alone: all of it, and what has changed when one file in a hundred has."""
    yield _volume(bench, "full")
    bench.on_server(
        f"docker exec {bench.files} sh -c 'for f in /files/*/*00.bin; do date >>$f; done'"
    )
    time.sleep(SETTLED)
    yield _volume(bench, "incremental")


def _volume(bench: Bench, kind: str) -> Row:
    with bench.watched() as peaks:
        said = json.loads(bench.inv("backup", "--json", "--only", "files", "--kind", kind))
    return Row(f"inv backup, the files alone: {kind}", peaks.seconds, said["stored"], peaks)


def show(out: Console, rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table("", "seconds", "stored, MiB", "extra disk, MiB", "peak memory of a process, MiB")
    for row in rows:
        memory = sorted(row.peaks.memory.items())
        shown = ", ".join(f"{name} {size >> 10}" for name, size in memory)
        stored, disk = f"{row.stored >> 20}", f"{row.peaks.disk >> 10}"
        table.add_row(row.name, f"{row.seconds:.1f}", stored, disk, shown)
    out.print(table)


if __name__ == "__main__":
    main()
