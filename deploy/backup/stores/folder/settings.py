"""Where a store in a folder is, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FolderSettings:
    """The absolute path of the folder, on the server. It must be there: it is never made."""

    path: str

    @property
    def place(self) -> str:
        """What errors call it."""
        return self.path
