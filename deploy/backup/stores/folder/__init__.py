"""A folder on the server: a second disk, or a share that is mounted there."""

from deploy.backup.stores.folder.settings import FolderSettings
from deploy.backup.stores.folder.store import FolderStore

__all__ = ["FolderSettings", "FolderStore"]
