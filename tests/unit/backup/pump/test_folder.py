"""A file of a store, written and read at the far end of a pipe by what pump.sh puts there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.backup.pump.folder import Writer, read
from deploy.backup.pump.stages import Failed

WRITES = 'dd of="$file" bs=1M iflag=fullblock conv=fsync status=none <store'
READS = 'cat "$file" >store'
GONE = "(exit 65) >store"


@contextmanager
def beside(folder: Path, script: str, **variables: str) -> Iterator[dict[str, str]]:
    """Have a script at the far end of a pipe; yield what the pump is told of it."""
    os.mkfifo(folder / "store")
    whole = f"{script} 2>said; {{ echo $?; cat said; }} >exit.new; mv exit.new exit"
    environment = {**os.environ, "LC_ALL": "C", "file": "object", **variables}
    with subprocess.Popen(["sh", "-c", whole], cwd=folder, env=environment) as process:
        try:
            yield {"pipe": str(folder / "store"), "exit": str(folder / "exit")}
        finally:
            process.kill()


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (3 << 20) + 7])
def test_what_is_written_is_on_the_disk_at_the_end(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    with beside(tmp_path, WRITES) as job:
        writer = Writer(job)
        for start in range(0, size, 700_001):
            writer.write(data[start : start + 700_001])

        assert writer.finish() == {"parts": [{"number": 1, "etag": str(size)}]}

    assert (tmp_path / "object").read_bytes() == data


def fill(writer: Writer) -> None:
    """Write more than pipes hold."""
    for _ in range(64):
        writer.write(bytes(1 << 20))


def test_a_disk_that_is_full_in_the_middle(tmp_path: Path) -> None:
    with beside(tmp_path, WRITES, file="/dev/full") as job:
        writer = Writer(job)

        with pytest.raises(Failed, match=r"^store: dd: error writing '/dev/full': No"):
            fill(writer)


def test_a_disk_that_is_full_at_the_end(tmp_path: Path) -> None:
    with beside(tmp_path, WRITES, file="/dev/full") as job:
        writer = Writer(job)
        writer.write(b"little")

        with pytest.raises(Failed, match="No space left on device"):
            writer.finish()


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with beside(tmp_path, WRITES, file="gone/object") as job:
        writer = Writer(job)

        with pytest.raises(Failed, match="'gone/object': No such file or directory"):
            writer.finish()


def test_what_ends_without_a_reason(tmp_path: Path) -> None:
    with beside(tmp_path, "head -c 10 <store >object") as job:
        writer = Writer(job)

        with pytest.raises(Failed, match="^store: it ended too early$"):
            fill(writer)


@pytest.mark.parametrize("size", [0, 10, (3 << 20) + 7])
def test_what_is_there_is_read(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "object").write_bytes(data)

    with beside(tmp_path, READS) as job:
        assert b"".join(read(job)) == data


def test_what_is_gone_is_damage_and_not_a_store_out_of_reach(tmp_path: Path) -> None:
    with (
        beside(tmp_path, GONE) as job,
        pytest.raises(Failed, match="^compare: the store has it no longer$"),
    ):
        list(read(job))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with (
        beside(tmp_path, READS, file=str(tmp_path)) as job,
        pytest.raises(Failed, match="^store: cat: .*: Is a directory$"),
    ):
        list(read(job))
