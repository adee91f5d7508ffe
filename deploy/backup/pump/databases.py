"""SQLite databases in a folder, each copied as it was at one moment, while others write.

A database in use is torn when its file and its log are read one after the other. SQLite's own
backup reads one moment of it. So only what SQLite says is none, or is damaged, is left to be packed
as every file is; where a database cannot be copied for another reason, there is no backup.
"""

import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")  # files that belong to a database
_PATIENCE = 60.0  # seconds for a lock of whoever writes
_UNSOUND = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
# Its log wants to be replayed, which is not done to the original, or there are no locks there. The
# files of one that is locked would be torn.
_READ_BESIDE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)


class Uncopied(Exception):
    """A database could not be copied: which one, and why."""


class _Unsound(Exception):
    """What looks like a database is none, or is damaged."""


def databases(folder: Path) -> Iterator[Path]:
    """Yield the databases in a folder and below, relative to it."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if _begins(path):
                yield path.relative_to(folder)


def copied(folder: Path, path: Path, copies: Path, patience: float = _PATIENCE) -> bool:
    """Copy a database to the same path below `copies`.

    False where SQLite says that it is none, or damaged, which is said, and where it is gone by now.
    Raises `Uncopied`.
    """
    source, target = folder / path, copies / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target, patience)
        shutil.copystat(source, target)
        status = source.stat()
        os.chown(target, status.st_uid, status.st_gid)
    except (_Unsound, sqlite3.Error, OSError) as error:
        target.unlink(missing_ok=True)
        if not source.exists():
            return False
        if not isinstance(error, _Unsound):
            message = f"{path}: SQLite cannot copy it: {_reason(error)}"
            raise Uncopied(message) from None
        print(f"{path}: packed as it is, for SQLite cannot read it: {error}", file=sys.stderr)
        return False
    return True


def _copy(source: Path, target: Path, patience: float) -> None:
    """Make a sound copy. Raises `_Unsound`, `sqlite3.Error`, `OSError`."""
    files = target.with_name(f"{target.name}.files")
    try:
        try:
            _back_up(source, target, "ro", patience)
        except sqlite3.Error as error:
            if _code(error) not in _READ_BESIDE:
                raise
            _back_up(_beside(source, files), target, "rw", patience)
        _check(target)
    except sqlite3.Error as error:
        if _code(error) in _UNSOUND:
            raise _Unsound(str(error)) from None
        raise
    finally:
        shutil.rmtree(files, ignore_errors=True)


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary code of an error; 0 where SQLite has not raised it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _reason(error: Exception) -> str:
    full = isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL
    return os.strerror(errno.ENOSPC) if full else str(error)


def _begins(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)  # a pipe would wait
    except OSError:  # gone, or no file
        return False
    try:
        return os.read(file, len(MAGIC)) == MAGIC
    except OSError:
        return False
    finally:
        os.close(file)


def _back_up(source: Path, target: Path, mode: str, patience: float) -> None:
    target.unlink(missing_ok=True)
    address = f"file:{quote(bytes(source))}?mode={mode}"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=patience)) as database,
        closing(sqlite3.connect(target)) as copy,
    ):
        database.backup(copy, progress=_unless_locked)


def _unless_locked(status: int, _remaining: int, _total: int) -> None:
    """End a copy that SQLite's patience was too short for: Python would ask for ever."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = "it is locked; where that lasts, write `x-backup: {pause: true}` at its service"
        raise sqlite3.OperationalError(message)


def _beside(source: Path, folder: Path) -> Path:
    """Copy the files of a database to where they may be written to."""
    folder.mkdir()
    for end in ("", "-wal", "-journal"):
        if Path(f"{source}{end}").exists():
            shutil.copyfile(f"{source}{end}", folder / f"database{end}")
    return folder / "database"


def _check(target: Path) -> None:
    """See that a copy is sound. What its own program alone can check, it is not asked for."""
    try:
        with closing(sqlite3.connect(target)) as copy:
            (said,) = copy.execute("pragma integrity_check").fetchone()
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_ERROR:
            raise
        return  # it lacks a collation, or another thing, that its program has
    if said != "ok":
        raise _Unsound(said)
