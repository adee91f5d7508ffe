"""Whether the newest proven snapshot is young enough. Pure."""

from deploy.backup.catalog import Standing
from deploy.backup.retention import SKEW
from deploy.errors import TooOld


def too_old(standing: Standing, now: float, max_age: float, where: str) -> TooOld | None:
    """Return what is wrong with the age of the newest proven snapshot, or nothing.

    `now` is seconds since 1970, `max_age` seconds. One that was taken later than now hides that
    backups have stopped, so it is wrong too, beyond what clocks may differ.
    """
    if standing.newest is None:
        return TooOld(where, "no snapshot is proven", "take one: `inv backup`")
    newest = standing.newest.snapshot
    old = now - newest.begun
    if old > max_age:
        wrong = (
            f"{newest.id}, the newest proven snapshot, is {age(old)} old; max_age is {age(max_age)}"
        )
        return TooOld(where, wrong, "see why `inv backup` did not run, or what it said")
    if old < -SKEW:
        wrong = f"{newest.id}, the newest proven snapshot, was taken {age(-old)} from now"
        return TooOld(where, wrong, "set the clocks of the server and of this machine")
    return None


def age(seconds: float) -> str:
    """Return a length of time in one unit.

    >>> age(7300)
    '2 h'
    """
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
