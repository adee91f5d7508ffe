"""Restores a snapshot somewhere harmless, compares it, and throws it away.

Everything is new: volumes, and stand-ins of the databases that no network reaches. What serves is
read by nobody and written by nobody.
"""

import time

from deploy.backup.catalog import DRILLED, Proof
from deploy.backup.create import Yard, deployed
from deploy.backup.fill import Filling
from deploy.backup.snapshot import Opened
from deploy.backup.sources.find import whole_data_of
from deploy.backup.transfer import Pump

SUFFIX = "drill"  # of the volumes that are filled


def drill(yard: Yard, opened: Opened) -> Proof:
    """Restore all that a snapshot has of databases and volumes; write down that it could be.

    Raises `DamagedSnapshot`, `SourceFailed`, `EngineError`, `LockHeld`.
    """
    seen, begun = yard.engine.observe(), time.monotonic()
    document = yard.document(deployed(seen))
    with yard.held(seen.now):
        pump = Pump.ready(yard.host, yard.root)
        filling = Filling(yard, pump, opened, document, SUFFIX, note="drilled")
        filling.discard(filling.fill(whole_data_of(document, opened.snapshot)))
    seconds = time.monotonic() - begun
    proof = Proof(DRILLED, int(seen.now + seconds), round(seconds))
    yard.catalog.prove(opened.snapshot.id, proof)
    return proof
