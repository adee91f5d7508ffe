"""Proves a snapshot without restoring it: its bytes are those that were written, and all reads.

Level 1: the stored bytes match. Level 2: they decrypt, decompress, match what the source gave, and
their structure reads to the end.
"""

import time

from deploy.backup.catalog import STORED, STRUCTURE, Proof
from deploy.backup.create import Yard
from deploy.backup.fetch import fetch
from deploy.backup.snapshot import Archive, Snapshot
from deploy.backup.sources.kinds import kind_of
from deploy.backup.transfer import Into, Pump
from deploy.errors import DamagedSnapshot, SourceFailed
from deploy.host import Secret


def verify(yard: Yard, snapshot: Snapshot, key: Secret | None) -> Proof:
    """Verify every archive of `snapshot`, to level 2 where its `key` is given; write that down.

    Raises `DamagedSnapshot` with the archive and what is wrong with it.
    """
    now, begun = yard.engine.observe().now, time.monotonic()
    with yard.held(now):
        pump = Pump.ready(yard.host, yard.root)
        for archive in snapshot.archives:
            opened = (key, _reader(archive, snapshot)) if key else None
            try:
                fetch(yard, pump, snapshot, archive, opened)
            except SourceFailed as error:
                raise DamagedSnapshot(
                    f"{snapshot.id}: {archive.name}",
                    f"it cannot be restored: {error.wrong}",
                    "take a new backup: `inv backup`",
                ) from None
    seconds = time.monotonic() - begun
    proof = Proof(STRUCTURE if key else STORED, int(now + seconds), round(seconds))
    yard.catalog.prove(snapshot.id, proof)
    return proof


def _reader(archive: Archive, snapshot: Snapshot) -> Into:
    """Return what reads an archive to its end and puts it nowhere."""
    service = snapshot.release["services"].get(archive.source, {})
    return kind_of(archive).reader(archive, str(service.get("image", "")))
