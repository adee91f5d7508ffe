"""Lets servers remove what they have kept for a snapshot, once that is proven."""

from deploy.backup.create import Yard, deployed
from deploy.backup.snapshot import Snapshot
from deploy.backup.sources import postgres_pitr
from deploy.backup.sources.find import find_sources
from deploy.backup.window import WAL
from deploy.errors import SlipwayError


def let_go(yard: Yard, snapshot: Snapshot) -> None:
    """Let databases remove the WAL that `snapshot` has.

    Where that fails it is told, and no more: they keep it, and the next snapshot has it again.
    """
    if not any(archive.form == WAL for archive in snapshot.archives):
        return
    try:
        _let_go(yard, snapshot)
    except SlipwayError as error:
        yard.tell.say(f"WAL that {snapshot.id} has stays on the server until the next: {error}")


def _let_go(yard: Yard, snapshot: Snapshot) -> None:
    seen = yard.engine.observe()
    services = {one.name: one.service for one in find_sources(yard.document(deployed(seen)))}
    with yard.held(seen.now):
        for archive in (one for one in snapshot.archives if one.form == WAL):
            for replica in seen.of(services.get(archive.source, "")):
                if replica.running:
                    postgres_pitr.let_go(archive, yard.host, replica.id)
