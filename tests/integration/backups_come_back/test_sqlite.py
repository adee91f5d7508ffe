"""A SQLite database on a volume comes back whole, although it is written to all the time."""

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
