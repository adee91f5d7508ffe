"""The tasks that `inv` finds here: everything is defined in `deploy.tasks`."""

from deploy.tasks import namespace

__all__ = ["namespace"]
