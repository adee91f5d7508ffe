"""A folder is packed with whole copies of its SQLite databases, whoever writes meanwhile."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy.backup.pump.databases import MAGIC, Uncopied, _reason, copied

TREE = (sys.executable, "-m", "deploy.backup.pump.tree")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def run(folder: Path, *limits: str) -> "subprocess.CompletedProcess[bytes]":
    """Pack a folder, under limits of this shell."""
    argv = [*TREE, str(folder), str(folder.parent / "copies"), "tar", "--create", "--file=-"]
    shell = ["sh", "-c", f'{"".join(f"{limit}; " for limit in limits)}exec "$@"', "sh", *argv]
    return subprocess.run(shell, capture_output=True, check=False, timeout=60)


def packed(folder: Path) -> tuple[Path, str]:
    """Pack a folder and unpack it beside; return where to, and what was said."""
    beside = folder.parent
    done = run(folder)
    assert done.returncode == 0, done.stderr
    (beside / "out").mkdir()
    subprocess.run(["tar", "-xf", "-", "-C", beside / "out"], input=done.stdout, check=True)
    return beside / "out", done.stderr.decode()


def lines(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        return [n for (n,) in database.execute("select n from lines order by n")]


@contextmanager
def in_use(path: Path, mode: str = "wal") -> Iterator[sqlite3.Connection]:
    """A database with three lines, two of them in its log only, and a fourth to come."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"pragma journal_mode = {mode}")
        database.execute("create table lines (n int, text text)")
        database.execute("insert into lines values (1, '')")
        database.execute("pragma wal_checkpoint(truncate)")
        database.execute("insert into lines values (2, hex(randomblob(20000))), (3, '')")
        database.execute("begin immediate")
        database.execute("insert into lines values (4, '')")
        yield database


@pytest.mark.parametrize("name", ["app.db", "o'dd [n]*?\n name", "-C", "deep/er.sqlite3", "#?%41"])
def test_a_database_with_a_live_log(folder: Path, name: str) -> None:
    with in_use(folder / name):
        out, said = packed(folder)

    assert lines(out / name) == [1, 2, 3]
    assert not said
    assert not [path for path in out.rglob("*") if path.name.endswith(("-wal", "-shm"))]


def test_one_whose_name_is_no_text(folder: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.db")
    with in_use(folder / name):
        out, _ = packed(folder)

    assert lines(out / name) == [1, 2, 3]


def test_one_that_is_no_log_but_a_journal(folder: Path) -> None:
    with in_use(folder / "app.db", "delete"):
        out, _ = packed(folder)

    assert lines(out / "app.db") == [1, 2, 3]
    assert [path.name for path in out.iterdir()] == ["app.db"]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_one_whose_owner_died_in_the_middle(folder: Path, tmp_path: Path, mode: str) -> None:
    with in_use(tmp_path / "live" / "app.db", mode) as database:
        database.execute("pragma cache_size = 1")
        database.execute("update lines set text = hex(randomblob(30000))")
        shutil.copytree(tmp_path / "live", folder, dirs_exist_ok=True)
    files = [path for path in folder.iterdir() if not path.name.endswith("-shm")]
    before = [path.read_bytes() for path in files]

    out, said = packed(folder)

    assert [path.name for path in out.iterdir()] == ["app.db"]
    assert lines(out / "app.db") == [1, 2, 3]
    assert not said
    assert [path.read_bytes() for path in files] == before


def test_owner_mode_and_time_are_those_of_the_original(folder: Path) -> None:
    path = folder / "app.db"
    with in_use(path):
        path.chmod(0o640)
        os.chown(path, 1234, 4321)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        out, _ = packed(folder)

    status = (out / "app.db").stat()
    assert status.st_mode & 0o777 == 0o640
    assert (status.st_uid, status.st_gid) == (1234, 4321)
    assert status.st_mtime == 1_000_000_000


def test_what_only_looks_like_one_is_packed_as_it_is(folder: Path) -> None:
    damaged = MAGIC + bytes(range(256)) * 40
    (folder / "damaged.db").write_bytes(damaged)
    (folder / "short").write_bytes(MAGIC)
    (folder / "text").write_text("SQLite format 3, as I said")

    out, said = packed(folder)

    assert (out / "damaged.db").read_bytes() == damaged
    assert (out / "short").read_bytes() == MAGIC
    assert (out / "text").read_text() == "SQLite format 3, as I said"
    assert "damaged.db: packed as it is, for SQLite cannot read it" in said


def test_one_that_is_damaged_is_packed_as_it_is(folder: Path) -> None:
    path = folder / "app.db"
    with in_use(path, "delete"):
        pass
    damaged = bytearray(path.read_bytes())
    damaged[4096:8192] = bytes(4096)
    path.write_bytes(damaged)

    out, said = packed(folder)

    assert (out / "app.db").read_bytes() == damaged
    assert "app.db: packed as it is, for SQLite cannot read it" in said


def test_one_that_only_its_own_program_can_check_is_copied_too(folder: Path) -> None:
    with in_use(folder / "app.db") as database:
        database.rollback()
        database.create_collation("ours", lambda one, other: (one > other) - (one < other))
        database.execute("create table names (name text collate ours)")
        database.execute("create index by_name on names (name)")
        out, said = packed(folder)

    with closing(sqlite3.connect(out / "app.db")) as copy:
        assert copy.execute("select count(*) from lines").fetchone() == (3,)
    assert not said


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_one_that_stays_locked_is_no_backup(folder: Path, tmp_path: Path, mode: str) -> None:
    with in_use(folder / "app.db", mode) as database:
        database.rollback()
        database.execute("pragma locking_mode = exclusive")
        database.execute("begin exclusive")
        database.execute("insert into lines values (4, '')")
        with pytest.raises(Uncopied, match=r"app\.db: SQLite cannot copy it: it is locked"):
            copied(folder, Path("app.db"), tmp_path / "copies", patience=0.1)

    assert not list((tmp_path / "copies").iterdir())


def test_one_whose_copy_has_no_room_is_no_backup(folder: Path) -> None:
    with in_use(folder / "app.db"):
        done = run(folder, "ulimit -f 40")

    assert done.returncode == 2
    assert b"app.db: SQLite cannot copy it: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_a_full_disk_is_called_what_others_call_it() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    assert _reason(error) == "No space left on device"


def test_one_that_is_gone_by_now_is_passed_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not copied(folder, Path("gone/app.db"), tmp_path / "copies")
    assert capsys.readouterr().err == ""


def test_what_is_no_file_holds_nothing_up(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "away").symlink_to("/etc/passwd")
    (folder / "lost").symlink_to("nowhere")
    (folder / "plain").write_text("1")

    out, said = packed(folder)

    assert sorted(path.name for path in out.iterdir()) == ["away", "lost", "pipe", "plain"]
    assert not said
