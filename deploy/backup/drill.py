"""Restores a snapshot somewhere harmless, compares it, and throws it away.

Everything is new: volumes, and stand-ins of the databases that no network reaches. What serves is
read by nobody and written by nobody.
"""

import time

from deploy.backup.catalog import DRILLED, Proof
from deploy.backup.create import Yard, deployed
from deploy.backup.fill import Filling
from deploy.backup.snapshot import Snapshot
from deploy.backup.sources.find import find_sources
from deploy.host import Secret

SUFFIX = "drill"  # of the volumes that are filled


def drill(yard: Yard, snapshot: Snapshot, key: Secret) -> Proof:
    """Restore all that `snapshot` has of databases and volumes; write down that it could be.

    Raises `DamagedSnapshot`, `SourceFailed`, `EngineError`, `LockHeld`.
    """
    seen, begun = yard.engine.observe(), time.monotonic()
    document = yard.document(deployed(seen))
    kept = {archive.source for archive in snapshot.archives}
    sources = [one for one in find_sources(document) if one.is_data and one.name in kept]
    with yard.held(seen.now):
        filling = Filling(yard, snapshot, key, document, SUFFIX)
        filling.discard(filling.fill(sources))
    seconds = time.monotonic() - begun
    proof = Proof(DRILLED, int(seen.now + seconds), round(seconds))
    yard.catalog.prove(snapshot.id, proof)
    return proof
