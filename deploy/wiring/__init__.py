"""From settings to live objects: the only room that knows every concrete class."""

from deploy.wiring.app import App, find_checkout, open_app, uncommitted
from deploy.wiring.blueprint import ComposeBlueprint
from deploy.wiring.here import Here, open_here, open_there_or_here

__all__ = [
    "App",
    "ComposeBlueprint",
    "Here",
    "find_checkout",
    "open_app",
    "open_here",
    "open_there_or_here",
    "uncommitted",
]
