"""Data put back under the lock: what restore, restore.undo and rollback --with-data share."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from deploy.backup.restore import Restore, restoring
from deploy.errors import SlipwayError
from deploy.rollout.deploy import Choose, recorded_current
from deploy.rollout.plan import plan_rollout
from deploy.rollout.release import Release, releases_of
from deploy.rollout.run import Rollout, Target
from deploy.rollout.steps import PutBack
from deploy.tasks import show, show_backup
from deploy.wiring import open_app
from deploy.wiring.backup import reach_yard, unlocked


def put_back(out: Console, target: Target, restore: Restore, reason: str) -> None:
    """Swap the data in, and start what does not run. Raises `SlipwayError`."""
    seen = target.engine.observe()
    release = recorded_current(seen)
    plan = plan_rollout(release.services, seen, drain=target.drain)
    plan = dataclasses.replace(plan, steps=(PutBack(restore.swap), *plan.steps))
    Rollout(target, release, seen, plan, show.Progress(out), reason).carry_out(b"")


@contextmanager
def before(app: str, env: str, choose: Choose, key: str) -> Iterator[Callable[[], None]]:
    """Restore the data of the release that `choose` names into new volumes; yield what swaps it in.

    It is in the snapshot that the release after that one took before its migration.
    """
    opened = open_app(app, env)
    out = show.console()
    with reach_yard(opened, show_backup.Telling(out)) as (target, yard):
        seen = target.engine.observe()
        wanted = choose(seen)
        point = snapshot_after(wanted, releases_of(seen))
        chosen = unlocked(yard.catalog, point, key)
        snapshot = chosen.snapshot.id
        with restoring(yard, chosen, ()) as ready:
            yield lambda: put_back(out, target, ready, f"data of {snapshot}")
    out.print(f"{opened.where}: the data of {snapshot} serves; back with `inv restore.undo`")


def snapshot_after(wanted: Release, recorded: list[Release]) -> str:
    """Return the snapshot taken when `wanted` was followed by the next release.

    Raises `SlipwayError` where none was.
    """
    later = [one for one in recorded if (one.created_at, one.id) > (wanted.created_at, wanted.id)]
    following = min(later, key=lambda one: (one.created_at, one.id), default=None)
    if following is None or not following.backup:
        raise SlipwayError(
            f"release {wanted.id}",
            "no snapshot was taken when the release after it was deployed",
            "roll back without --with-data, and put data back with `inv restore --point`",
        )
    return following.backup
