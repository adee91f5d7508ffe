"""A SQLite database on a volume comes back whole, although it is written to all the time."""

import pytest
from backups_come_back.shop import Shop

WRITER = """
import os, sqlite3, sys, time
def opened():
    return sqlite3.connect("/uploads/app.db", isolation_level=None)
database = opened()
database.execute("pragma journal_mode = wal")
database.execute("create table lines (n integer primary key, text text)")
database.close()  # a connection must not be carried across a fork: the child has none of its locks
if os.fork():
    sys.exit()
os.setsid()
database = opened()
while not os.path.exists("/uploads/enough"):
    database.execute("begin")
    for _ in range(2):  # two at a time, so that half of it would show
        database.execute("insert into lines (text) values (hex(randomblob(2000)))")
    database.execute("commit")
    time.sleep(0.001)
"""
COUNT = """
import sqlite3
database = sqlite3.connect("/uploads/app.db")
print(database.execute("pragma integrity_check").fetchone()[0])
print(database.execute("select count(*) from lines").fetchone()[0])
"""
# Holds a lock until a file is there; it is begun when a pipe says so.
LOCKER = """
import os, sqlite3, sys, time
begun, begins = os.pipe()
if os.fork():
    os.close(begins)
    sys.exit(os.read(begun, 1) != b"1")
os.setsid()
database = sqlite3.connect("/uploads/locked.db", isolation_level=None)
database.execute("create table lines (n int)")
database.execute("begin exclusive")
os.write(begins, b"1")
while not os.path.exists("/uploads/enough"):
    time.sleep(0.05)
os.unlink("/uploads/locked.db")
"""


def test_one_that_is_written_to(shop: Shop) -> None:
    shop.python(WRITER)
    shop.backup()
    _, before = shop.python(COUNT).split()
    shop.python("open('/uploads/enough', 'w').close()")

    ended = shop.restore("--only", "uploads")
    assert ended.code == 0, ended.all

    sound, lines = shop.python(COUNT).split()
    assert sound == "ok"
    assert int(lines) % 2 == 0
    assert 0 < int(lines) < int(before)
    assert not shop.python("import os; print(*os.listdir('/uploads'), sep='\\n')").count("wal")


@pytest.mark.thorough
def test_one_that_stays_locked(shop: Shop) -> None:
    shop.python("import os; os.path.exists('/uploads/enough') and os.unlink('/uploads/enough')")
    shop.python(LOCKER)
    try:
        shop.refused(
            shop.inv("backup", "--only", "uploads"), "locked.db", "it is locked; where that"
        )
    finally:
        shop.python("open('/uploads/enough', 'w').close()")
    shop.assert_tidy()
