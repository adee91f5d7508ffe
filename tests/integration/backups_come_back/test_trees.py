"""Any tree comes through tar in the pump as it was, and so does what becomes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from backups_come_back.shop import Shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.backup.snapshot import Archive, Digest
from deploy.backup.sources.base import VOLUME, Origin, Source
from deploy.backup.sources.files import pieces, unpacking
from deploy.backup.transfer import image_of, pump_files
from deploy.host.local import LocalHost

SOURCE = Source("any", VOLUME)


def both_ways(snapshot: str, base: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what packs a tree, and what unpacks it."""
    known = frozenset({"any"} if base else ())
    origin = Origin(
        host=LocalHost(),
        root="",
        release="",
        container=str,
        running=tuple,
        snapshot=snapshot,
        say=print,
        base=base,
        indexed=known,
    )
    (piece,) = pieces(SOURCE, origin)
    whole = Digest(0, "")
    return piece.argv, unpacking(Archive("any", piece.form, "", whole, whole, piece.facts))


FIRST, SECOND = both_ways("first"), both_ways("second", "first")
CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
NAMES = st.binary(min_size=1, max_size=60).filter(
    lambda name: not {0, ord("/")} & {*name} and name not in {b".", b".."}
)
FILES = st.fixed_dictionaries(
    {
        "data": st.binary(max_size=3000),
        "hole": st.sampled_from((0, 1, 1 << 20)),
        "mode": st.integers(0, 0o7777),
        "owner": st.integers(0, 2**32 - 2),
        "mtime": st.integers(0, 10**19),
    }
)
Tree = dict[bytes, Any]
TREES = st.dictionaries(NAMES, st.one_of(FILES, st.dictionaries(NAMES, FILES, max_size=3)))
THROUGH = r"""
import hashlib, os, subprocess
def grow(place, tree):
    for name, found in tree.items():
        path = os.path.join(place, name)
        if "mtime" not in found:
            os.mkdir(path)
            grow(path, found)
            continue
        with open(path, "wb") as out:
            out.seek(found["hole"])
            out.write(found["data"])
        os.chown(path, found["owner"], found["owner"])
        os.chmod(path, found["mode"])
        os.utime(path, ns=(found["mtime"], found["mtime"]))
def listing():
    for folder, folders, files in os.walk(b"/data"):
        folders.sort()
        for name in [b".", *sorted(files)]:
            path = os.path.join(folder, name)
            s = os.lstat(path)
            digest = "" if name == b"." else hashlib.sha256(open(path, "rb").read()).hexdigest()
            yield path, s.st_mode, s.st_uid, s.st_gid, s.st_mtime_ns, digest
def clear():
    subprocess.run(["find", "/data", "-mindepth", "1", "-delete"], check=True)
archives = []
clear()
for tree, (save, _) in zip(trees, ways):
    for path in [b"/data/" + name for name in tree]:
        subprocess.run(["rm", "-rf", path], check=True)
    grow(b"/data", tree)
    before = list(listing())
    archives.append(subprocess.run(save, stdout=subprocess.PIPE, check=True).stdout)
clear()
for archive, (_, load) in zip(archives, ways):
    subprocess.run(load, input=archive, check=True)
after = list(listing())
assert before == after, (before, after)
"""


@pytest.fixture(scope="module")
def pump(shop: Shop) -> Iterator[str]:
    """A container that is as the pump is, and waits."""
    shop.backup()
    name = f"trees-{shop.app}"
    rights = " ".join(f"--cap-add {one}" for one in CAPABILITIES)
    shop.on_server(
        f"docker run -d --rm --name {name} --volume /data --cap-drop ALL {rights}"
        f" --entrypoint sleep {image_of(pump_files())} 900"
    )
    shop.on_container(name, ["mkdir", "-p", "/index/first", "/index/second"])
    yield name
    shop.on_server(f"docker rm -f -v {name}")


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=TREES, second=TREES)
def test_any_tree(shop: Shop, pump: str, first: Tree, second: Tree) -> None:
    script = f"trees, ways = {(first, second)!r}, {(FIRST, SECOND)!r}\n{THROUGH}"
    shop.on_container(pump, ["python3", "-"], script.encode())
