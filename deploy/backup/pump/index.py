"""Which files a folder has, and how they were: what an archive of changes is made by.

A file is as it was where its size, its inode and both its times are. Nothing is compared with a
clock: times are only equal or not, so a clock that jumps hides no change. A file that was touched
just before it was looked at may change once more within the grain of its times: it counts as
changed the next time, as Git does with its racy entries (its `racy-git.txt`).

An index is a database of SQLite, so that no number of files takes memory.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

_RACY = 2_000_000_000  # nanoseconds; the times of some file systems are as coarse as this
_TABLE = "create table files (path blob primary key, kind integer, state text) without rowid"
_UNCHANGED = """
select path from files join before.files as old using (path)
where files.state = old.state and files.kind = old.kind and files.state not in (
  select files.state from files left join before.files as old using (path)
  where files.state is not null and (old.state is null or old.state <> files.state)
) order by path
"""
_GONE = """
select path from before.files as old left join files using (path)
where files.kind is null or files.kind <> old.kind order by path
"""


def write(folder: Path, file: Path, volatile: Iterable[bytes] = ()) -> None:
    """Write the index of `folder`; `volatile` names files that count as changed in any case.

    Raises `OSError` where a folder cannot be read.
    """
    partial = file.with_name(f"{file.name}.new")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, isolation_level=None)) as database:
        database.execute("pragma journal_mode = off")
        database.execute("begin")
        database.execute(_TABLE)
        database.executemany("insert into files values (?, ?, ?)", _entries(folder))
        names = ((name,) for name in volatile)
        database.executemany("update files set state = null where path = ?", names)
        database.execute("commit")
    partial.replace(file)


def unchanged(before: Path, now: Path) -> Iterator[bytes]:
    """Yield what is as it was when the index `before` was written, but for folders.

    Names of one file have one state. Where one of them is new, the others count as changed: else
    the archive would not say that they are one file.
    """
    yield from _ask(before, now, _UNCHANGED)


def gone(before: Path, now: Path) -> Iterator[bytes]:
    """Yield what is no longer there, or is something else, such as a folder that was a file."""
    yield from _ask(before, now, _GONE)


def _ask(before: Path, now: Path, question: str) -> Iterator[bytes]:
    with closing(sqlite3.connect(now)) as database:
        database.execute("attach ? as before", (str(before),))
        for (path,) in database.execute(question):
            yield bytes(path)


def _entries(folder: Path) -> Iterator[tuple[bytes, int, str | None]]:
    top = os.fsencode(folder)
    for place, folders, files in os.walk(top, onerror=_unread):
        for name in (*folders, *files):
            path = os.path.join(place, name)  # noqa: PTH118 - of bytes
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                continue
            yield path[len(top) + 1 :], stat.S_IFMT(status.st_mode), _state(status)


def _state(status: os.stat_result) -> str | None:
    """Return what tells whether it has changed; None, which equals nothing, where that may err."""
    now = time.time_ns()
    racy = any(abs(now - at) < _RACY for at in (status.st_mtime_ns, status.st_ctime_ns))
    if stat.S_ISDIR(status.st_mode) or racy:
        return None
    return f"{status.st_size} {status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}"


def _unread(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
