"""What has changed, packed again and again and unpacked in that order, is the folder as it was."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backup.sources.files import PACK, UNTAR

# Times are trusted to the nanosecond here, as seconds pass in no test.
TREE = "import sys; from deploy.backup.pump import index, tree; index._RACY = 0; "
TREE += "tree.main(sys.argv[1:])"
NAMES = [b"a", b"b", b"a ", b"o'dd\n", b"\xff*[x]", b"-C", b"deep\\n", b"#", b"d", b"e"]

Change = tuple[str, bytes, bytes]
places = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(b"/".join)
verbs = st.sampled_from(["write", "append", "remove", "move", "link", "point", "folder", "mode"])
changes: st.SearchStrategy[list[Change]] = st.lists(st.tuples(verbs, places, places), max_size=12)


class Chain:
    """A folder, its archives so far, and what they are unpacked to."""

    def __init__(self, beside: Path) -> None:
        self.beside, self.folder, self.out = beside, beside / "data", beside / "out"
        self.archives: list[bytes] = []
        for path in (self.folder, self.out):
            path.mkdir()

    def pack(self, *flags: str) -> bytes:
        number = len(self.archives)
        copies = self.beside / f"copies{number}"
        flags += ("--index", str(self.beside / f"index{number}"))
        if number:
            flags += ("--since", str(self.beside / f"index{number - 1}"))
        argv = [sys.executable, "-c", TREE, *flags, str(self.folder), str(copies), *PACK]
        done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        self.archives.append(done.stdout)
        return done.stdout

    def unpack(self) -> Path:
        tar = [word.replace("/data", str(self.out)) for word in UNTAR]
        for number, archive in enumerate(self.archives):
            argv = [sys.executable, "-m", "deploy.backup.pump.untree", str(self.out), *tar]
            subprocess.run(argv if number else tar, input=archive, check=True, timeout=60)
        return self.out


def members(archive: bytes) -> list[str]:
    done = subprocess.run(["tar", "--list"], input=archive, capture_output=True, check=True)
    return [name for name in done.stdout.decode().splitlines() if not name.endswith("/")]


def seen(folder: Path) -> dict[Path, tuple[object, ...]]:
    """Return all that a folder holds: type, mode, owner, time, content, and names of one file."""
    found: dict[Path, tuple[object, ...]] = {}
    inodes: dict[int, Path] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status, content = path.lstat(), b""
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(status.st_mode):
            content = os.fsencode(path.readlink())
        name = path.relative_to(folder)
        first = inodes.setdefault(status.st_ino, name)
        found[name] = (status.st_mode, status.st_uid, status.st_mtime_ns, content, first)
    return found


def change(folder: Path, one: Change) -> None:
    """Do it; where it cannot be, such as a file where a folder is to be, nothing changes."""
    verb, path, other = one[0], folder / os.fsdecode(one[1]), folder / os.fsdecode(one[2])
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        match verb:
            case "write":
                path.write_bytes(one[2])
            case "append":
                with path.open("ab") as file:
                    file.write(one[2])
            case "remove":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            case "move":
                other.rename(path)
            case "link":
                path.hardlink_to(other)
            case "point":
                path.symlink_to("anywhere")
            case "folder":
                path.mkdir()
            case "mode":
                path.chmod(0o700)


@settings(max_examples=25, deadline=None)
@given(st.lists(changes, min_size=2, max_size=4))
def test_a_chain_is_the_folder_as_it_was_last(times: Sequence[Sequence[Change]]) -> None:
    with TemporaryDirectory() as beside:
        chain = Chain(Path(beside))
        for several in times:
            for one in several:
                change(chain.folder, one)
            chain.pack()

        assert seen(chain.unpack()) == seen(chain.folder)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)


def test_a_new_name_of_a_file_that_did_not_change_is_still_one_file_with_it(chain: Chain) -> None:
    (chain.folder / "before").mkdir()
    (chain.folder / "one").write_text("content")
    (chain.folder / "before/other").hardlink_to(chain.folder / "one")
    chain.pack()
    (chain.folder / "before").rename(chain.folder / "after")
    chain.pack()

    assert seen(chain.unpack()) == seen(chain.folder)
    assert (chain.out / "one").samefile(chain.out / "after/other")


def test_only_what_has_changed_is_packed(chain: Chain) -> None:
    for name in ("kept", "kept too\n", "kept ", "changed", "gone"):
        (chain.folder / name).write_text("before")
    chain.pack()
    (chain.folder / "changed").write_text("after!")
    (chain.folder / "gone").unlink()
    (chain.folder / "new").write_text("new")

    listed, *names = members(chain.pack())

    assert listed.startswith("./.slipway-gone-")
    assert sorted(names) == ["./changed", "./new"]
    assert seen(chain.unpack()) == seen(chain.folder)


def test_a_file_that_was_touched_a_moment_ago_is_packed_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_text("it may change once more within the grain of its times")
    argv = [sys.executable, "-m", "deploy.backup.pump.tree"]
    last: list[str] = []
    for number in range(2):
        flags = ["--index", str(tmp_path / f"index{number}"), *last]
        flags += [str(tmp_path / "data"), str(tmp_path / f"copies{number}"), *PACK]
        packed = subprocess.run([*argv, *flags], capture_output=True, check=True).stdout
        last = ["--since", str(tmp_path / f"index{number}")]

        assert "./file" in members(packed)


def test_a_database_comes_whole_each_time_and_no_old_log_stays_beside_it(chain: Chain) -> None:
    path = chain.folder / "app.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table lines (n int)")
        chain.pack("--as-is")
        database.execute("insert into lines values (1)")
        chain.pack()
        out = chain.unpack()

    assert not (out / "app.db-wal").exists()
    with closing(sqlite3.connect(out / "app.db")) as database:
        assert database.execute("select n from lines").fetchall() == [(1,)]


def test_what_fails_before_tar_is_no_success(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "deploy.backup.pump.tree", "--index", str(tmp_path / "no/index")]
    argv += [str(tmp_path), str(tmp_path / "copies"), *PACK]

    done = subprocess.run(argv, capture_output=True, check=False)

    assert done.returncode == 2
    assert b"unable to open database file" in done.stderr
