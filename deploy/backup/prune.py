"""Removes what retention does not keep, and what backups that never ended have left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deploy.backup.catalog import MANIFEST, Catalog, Listing
from deploy.backup.retention import Candidate, Decision, Policy, decide, removals
from deploy.backup.stores.base import Kept, Upload

ABANDONED = timedelta(days=1)  # what is older and belongs to no snapshot was never finished


@dataclass(frozen=True)
class Pruning:
    """What is to be done: a decision for each snapshot, and what was abandoned."""

    decisions: tuple[Decision, ...]
    removals: tuple[str, ...]
    strays: tuple[str, ...]
    uploads: tuple[Upload, ...]


def plan(
    catalog: Catalog, listing: Listing, policy: Policy, now: float, pinned: Mapping[str, str]
) -> Pruning:
    """Return what is to be done, and do nothing. `pinned` says which snapshots releases need.

    Raises `RetentionRefused`, `StoreError`.
    """
    candidates = tuple(
        Candidate(found.id, found.begun, found.parent, one.proven, found.only)
        for one in listing.entries
        for found in [one.snapshot]
    )
    decisions = decide(candidates, policy, now, pinned) if candidates else ()
    before = datetime.fromtimestamp(now, UTC) - ABANDONED
    return Pruning(
        decisions,
        removals(decisions, candidates),
        catalog.strays(before),
        tuple(catalog.store.unfinished(f"{catalog.project}/", before)),
    )


def apply(catalog: Catalog, pruning: Pruning) -> tuple[Kept, ...]:
    """Do it; return what a lock keeps.

    A snapshot's manifest goes first: whatever happens then, none is left that cannot be restored.
    """
    kept: list[Kept] = []
    for snapshot in pruning.removals:
        folder = catalog.key(snapshot, "")
        refused = catalog.store.remove([f"{folder}{MANIFEST}"])
        kept += refused
        if not refused:
            kept += _clear(catalog, [found.key for found in catalog.store.keys(folder)])
    kept += _clear(catalog, pruning.strays)
    for upload in pruning.uploads:
        catalog.store.abort(upload)
    return tuple(kept)


def _clear(catalog: Catalog, keys: Sequence[str]) -> tuple[Kept, ...]:
    return catalog.store.remove(keys) if keys else ()
