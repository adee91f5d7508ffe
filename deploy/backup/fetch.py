"""Fetches one archive from the store on the server, to read it or to fill something from it."""

from dataclasses import asdict
from typing import Any

from deploy.backup.create import Yard
from deploy.backup.snapshot import Archive, Snapshot
from deploy.backup.transfer import LINK, Done, Into, Order, Pump
from deploy.host import Secret


def fetch(
    yard: Yard,
    pump: Pump,
    snapshot: Snapshot,
    archive: Archive,
    opened: tuple[Secret, Into] | None,
) -> Done:
    """Fetch an archive, and compare its bytes with those that were written.

    `opened` is the snapshot's key, and where the plain bytes go; without it only the stored ones
    are compared. Raises `SourceFailed`, `StoreError`, `HostError`.
    """
    place = yard.catalog.key(snapshot.id, archive.name)
    job: dict[str, Any] = {"stored": asdict(archive.stored), "plain": asdict(archive.plain)}
    data, outside = "", None
    if opened:
        key, into = opened
        job |= {"key": key.reveal(), "sink": into.job()}
        data, outside = into.data, into.outside
    order = Order("load", job, data, writes=bool(data), outside=outside)
    return pump.carry(
        archive.name,
        order,
        lambda _: yard.catalog.store.link(place, LINK),
        lambda plain, stored: yard.tell.progress(archive.name, plain, stored),
    )
