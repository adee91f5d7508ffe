"""server.*: tasks for the machine itself."""

from typing import Any

from deploy.tasks.base import APP_HELP, ENV_HELP, YES_HELP, task


@task(help={"env": ENV_HELP, "app": APP_HELP, "yes": YES_HELP})
def unlock(
    _c: Any,
    env: str = "",
    app: str = "",
    yes: bool = False,
) -> None:
    """Free the lock of an environment, after showing who holds it."""
    from deploy.errors import SlipwayError
    from deploy.rollout.lock import unlock as free
    from deploy.tasks import show
    from deploy.wiring import open_app

    opened = open_app(app, env)
    out = show.console()
    where = opened.where
    with opened.reach() as target:
        lock = target.engine.observe().lock
        if lock is None:
            out.print(f"{where}: not locked")
            return
        state = "abandoned" if lock.abandoned else f"last heartbeat {lock.age:.0f} s ago"
        out.print(f"{where}: {lock.reason} by {lock.owner}, {state}")
        if not yes and not show.agreed("Free it? Type yes: "):
            raise SlipwayError(where, "it was not confirmed", "type yes, or give --yes in a script")
        free(target.host, target.root, lock.run)
        out.print(f"{where}: unlocked")
