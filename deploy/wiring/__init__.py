"""From settings to live objects: the only room that knows every concrete class."""

from deploy.wiring.app import App, ComposeBlueprint, find_checkout, open_app, uncommitted

__all__ = ["App", "ComposeBlueprint", "find_checkout", "open_app", "uncommitted"]
