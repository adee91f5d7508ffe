"""Whether the newest proven snapshot is young enough."""

import pytest
from backup.memory import snapshot_of

from deploy.backup.catalog import STRUCTURE, Entry, Proof, Standing
from deploy.backup.telling.freshness import too_old

NOW = 1_000_000.0
HOUR = 3600.0


def wrong(age: float) -> str:
    newest = Entry(snapshot_of("s1", begun=NOW - age), (Proof(STRUCTURE, 1),))
    found = too_old(Standing(newest, 1, 0), NOW, 26 * HOUR, "shop on production")
    return str(found or "")


@pytest.mark.parametrize("age", [0, 26 * HOUR, -299])
def test_young_enough(age: float) -> None:
    assert wrong(age) == ""


def test_too_old() -> None:
    assert wrong(30 * HOUR) == (
        "shop on production: s1, the newest proven snapshot, is 30 h old; max_age is 26 h."
        " see why `inv backup` did not run, or what it said."
    )


def test_one_from_the_future_hides_that_backups_stopped() -> None:
    assert "s1, the newest proven snapshot, was taken 3 d from now." in wrong(-72 * HOUR)


def test_none() -> None:
    found = too_old(Standing(None, 0, 7), NOW, HOUR, "shop on production")

    assert str(found) == "shop on production: no snapshot is proven. take one: `inv backup`"
