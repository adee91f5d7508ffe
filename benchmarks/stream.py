"""A stream of any length through the pump into the sandbox's S3: whether anything grows with it.

    .venv/bin/python -m benchmarks.stream --gib 100            (the sandbox must be up)

The stream is made on the staging server: four fifths of it compress away, so that 100 GiB store
20. Every tenth of it the peaks since the tenth before are shown: resident memory of each process,
and what the server's disk holds more than before.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.backup import APP, Bench, Peaks, lay_out
from deploy.backup import keys
from deploy.backup.create import LEVEL
from deploy.backup.parts import runs
from deploy.backup.transfer import LINK, Order, Pump
from deploy.wiring import open_app
from deploy.wiring.backup import catalog_of

BLOCK = "head -c 4194304 /dev/urandom >/tmp/b; head -c 16777216 /dev/zero >>/tmp/b"
STREAM = "{block}; while cat /tmp/b; do :; done 2>/dev/null | head -c {size}"
GIB = 1 << 30


class Tenths:
    """Shows the peaks of each tenth, and begins anew."""

    def __init__(self, out: Console, peaks: Peaks, size: int) -> None:
        self._out, self._peaks, self._size, self._next = out, peaks, size, 1

    def progress(self, plain: int, stored: int) -> None:
        """Take note of how many bytes came, and how many are in the store."""
        if plain < self._size * self._next // 10:
            return
        memory = dict(sorted(self._peaks.memory.items()))
        shown = ", ".join(f"{name} {size >> 10}" for name, size in memory.items())
        disk = self._peaks.disk >> 10
        self._out.print(
            f"{plain / GIB:6.1f} GiB, {stored / GIB:5.1f} stored: {shown} MiB; disk {disk} MiB"
        )
        self._peaks.memory.clear()
        self._peaks.disk = 0
        self._next = plain * 10 // self._size + 1


def main() -> None:
    """Send the stream, and remove it again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=100, help="of the stream, before compression")
    size = int(parser.parse_args().gib * GIB)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        carry(lay_out(Path(folder)), size)


def carry(bench: Bench, size: int) -> None:
    """Carry a stream of `size` bytes to the store as a backup carries an archive."""
    out = Console(highlight=False, width=160)
    argv = ("sh", "-c", STREAM.format(block=BLOCK, size=size))
    job = {
        "source": {"name": "stream", "argv": argv},
        "recipient": keys.generate().public,
        "level": LEVEL,
        "parts": {"folder": "/run/slipway", "at_once": 4, "sizes": tuple(runs())},
    }
    app = open_app(None, "staging", bench.folder)
    with app.reach() as target, catalog_of(app) as catalog, bench.watched() as peaks:
        store, key = catalog.store, f"{APP}/stream"
        upload = store.begin(key)
        pump = Pump.ready(target.host, "/tmp/bench")  # noqa: S108 - on the server, watched there
        done = pump.carry(
            "stream",
            Order("save", job),
            lambda number: store.part_urls(upload, [int(number)], LINK)[int(number)],
            Tenths(out, peaks, size).progress,
        )
        parts = done.report["parts"]
        store.complete(upload, {part["number"]: part["etag"] for part in parts})
        store.remove([key])
    if done.report["plain"]["size"] != size:
        sys.exit(f"{done.report['plain']['size']} bytes came, not {size}")
    out.print(f"{len(parts)} parts, {peaks.seconds:.0f} s")


if __name__ == "__main__":
    main()
