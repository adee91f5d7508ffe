"""A tree with all that is hard to keep, and a listing of a tree that shows every difference."""

import json
from typing import Any

from backups_come_back.shop import Shop

GROW = r"""
import os, socket
os.chdir("ROOT")
def file(name, data=b"", mode=0o644, owner=(0, 0)):
    with open(name, "wb") as out:
        out.write(data)
    os.chown(name, *owner)
    os.chmod(name, mode)
for name in (b"two words", b"it's \"quoted\" $HOME `x` \\n", b"new\nline", b"\xff not UTF-8 \x80",
             "Grüße 日本 🚢".encode(), b"-rf", b" leading", b"trailing ", b"tab\t", b"*?[]",
             b"x" * 255):
    file(name, name * 1000)
file("empty")
with open("sparse", "wb") as out:
    out.write(b"begin")
    out.seek(64 << 20)
    out.write(b"middle")
    out.truncate(200 << 20)
file("linked", b"once")
os.link("linked", "linked again")
os.mkdir("folder")
os.link("linked", "folder/linked elsewhere")
os.symlink("linked", "to a file")
os.symlink("/nowhere/../at all", "to nothing")
os.symlink(b"\xff\n", b"to \xff")
for number, mode in enumerate((0o000, 0o400, 0o777, 0o4755, 0o2755, 0o1666)):
    file(f"mode {mode:o}", b"x", mode, (1000 + number, 4_000_000_000))
os.makedirs("deep/" + "/".join(["nested folder"] * 40))
os.mkdir("nobody may"); os.chown("nobody may", 65534, 65534); os.chmod("nobody may", 0o3000)
file("attributes", b"x")
os.setxattr("attributes", "user.plain", b"value")
os.setxattr("attributes", "user.odd", b"\x00\xff\n=")
os.mkfifo("pipe")
for name, time in (("two words", 0), ("empty", 1_234_567_890_123_456_789), ("folder", 10**18),
                   ("linked", -1_000_000_000)):
    os.utime(name, ns=(time, time))
os.utime("to nothing", ns=(5, 5 * 10**9), follow_symlinks=False)
os.chmod(".", 0o751); os.chown(".", 33, 33)
"""
_LIST = r"""
import hashlib, json, os, stat
links = {}
for folder, folders, files in os.walk(os.fsencode("ROOT")):
    folders.sort()
    for name in [b".", *sorted(folders + files)]:
        if name in folders and not os.path.islink(os.path.join(folder, name)):
            continue
        path = os.path.normpath(os.path.join(folder, name))
        found = os.lstat(path)
        kind = stat.S_IFMT(found.st_mode)
        line = {"mode": oct(found.st_mode), "owner": [found.st_uid, found.st_gid],
                "mtime": found.st_mtime_ns}
        if kind == stat.S_IFREG:
            with open(path, "rb") as file:
                line["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            line["size"] = found.st_size
            line["sparse"] = found.st_blocks * 512 < found.st_size / 2
            line["linked"] = repr(links.setdefault(found.st_ino, path))
        if kind == stat.S_IFLNK:
            line["target"] = repr(os.readlink(path))
        else:
            names = os.listxattr(path)
            line["attributes"] = {name: os.getxattr(path, name).hex() for name in names}
        print(json.dumps({repr(path): line}))
"""
RUIN = r"""
import os, shutil
os.chdir("ROOT")
shutil.rmtree("deep")
os.unlink("empty")
os.chmod("two words", 0o600)
with open("since then", "w") as out:
    out.write("new")
"""


def grow(shop: Shop, root: str) -> None:
    shop.python(GROW.replace("ROOT", root))


def ruin(shop: Shop, root: str) -> None:
    shop.python(RUIN.replace("ROOT", root))


def listing(shop: Shop, root: str) -> dict[str, Any]:
    """Return every path below `root` with all that is kept of it."""
    found: dict[str, Any] = {}
    for line in shop.python(_LIST.replace("ROOT", root)).splitlines():
        found.update(json.loads(line))
    return found
