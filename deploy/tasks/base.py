"""The task decorator: Invoke's own, with our errors as one line and their exit codes."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from invoke.exceptions import Exit
from invoke.tasks import Task
from invoke.tasks import task as invoke_task

from deploy.errors import Interrupted, SlipwayError

ENV_HELP = "environment of deploy.toml, such as staging (default: DEPLOY_ENV, or the only one)"
PLACE_HELP = "environment of deploy.toml (default: DEPLOY_ENV; without it, this machine)"
APP_HELP = "app: a folder under compose/ (default: DEPLOY_APP, ./deploy.toml, or the only app)"
YES_HELP = "do not ask for confirmation"
KEY_HELP = "file of the private key (default: what SLIPWAY_KEY names)"
JSON_HELP = "print one JSON document instead of text, for machines"
_IN_THE_BACKGROUND = signal.getsignal(signal.SIGINT) == signal.SIG_IGN  # a shell's job in a script


class SlipwayTask(Task):  # type: ignore[type-arg]  # Task is generic in its hints only
    """A task that ends in one clear line instead of a traceback."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; a `SlipwayError` becomes its line on stderr and its exit code."""
        signal.signal(signal.SIGTERM, _terminated)
        if not _IN_THE_BACKGROUND:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return super().__call__(*args, **kwargs)
        except SlipwayError as error:
            _fail(error)
        except KeyboardInterrupt:
            _fail(Interrupted())
        except BrokenPipeError:
            sys.stderr.close()
            raise Exit(code=1) from None


def task(**options: Any) -> Callable[[Callable[..., Any]], SlipwayTask]:
    """Declare a task, as `invoke.task` does: `@task(help={"env": ENV_HELP})`."""
    return invoke_task(klass=SlipwayTask, **options)


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(error: SlipwayError) -> NoReturn:
    if error.detail:
        print(error.detail.rstrip(), file=sys.stderr)
    print(error, file=sys.stderr)
    raise Exit(code=error.exit_code)
