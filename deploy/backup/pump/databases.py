"""SQLite databases in a folder, each copied as it was at one moment, while others write.

A database in use is torn when its file and its log are read one after the other. SQLite's own
backup reads one moment of it.
"""

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


def databases(folder: Path) -> Iterator[Path]:
    """Yield the databases in a folder and below, relative to it."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if _begins(path):
                yield path.relative_to(folder)


def copied(folder: Path, path: Path, copies: Path) -> bool:
    """Copy a database to the same path below `copies`; False, said why, where that cannot be."""
    source, target = folder / path, copies / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            _back_up(source, target)
        except sqlite3.Error:  # its log wants to be replayed, which is not done to the original
            _back_up(_beside(source, target.with_name(f"{target.name}.files")), target)
        _check(target)
    except (sqlite3.Error, OSError) as error:
        target.unlink(missing_ok=True)
        print(f"{path}: packed as it is, for SQLite cannot read it: {error}", file=sys.stderr)
        return False
    finally:
        shutil.rmtree(target.with_name(f"{target.name}.files"), ignore_errors=True)
    shutil.copystat(source, target)
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)
    return True


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


def _back_up(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    address = f"file:{quote(bytes(source))}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as database,
        closing(sqlite3.connect(target)) as copy,
    ):
        database.backup(copy)


def _beside(source: Path, folder: Path) -> Path:
    """Copy the files of a database to where they may be written to."""
    folder.mkdir()
    for end in ("", "-wal", "-journal"):
        if Path(f"{source}{end}").exists():
            shutil.copyfile(f"{source}{end}", folder / f"database{end}")
    return folder / "database"


def _check(target: Path) -> None:
    with closing(sqlite3.connect(target)) as copy:
        (said,) = copy.execute("pragma integrity_check").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)
