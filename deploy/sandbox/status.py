"""What runs in a sandbox, and how to reach it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Piece:
    """One container of the sandbox."""

    name: str
    state: str
    """As Docker says it, such as running or exited; `absent` when there is none."""
    ports: dict[str, int]


@dataclass(frozen=True)
class Status:
    """A sandbox as it is now."""

    identity: str
    pieces: tuple[Piece, ...]
    ssh_config: str
    builder: str
    """What DOCKER_HOST must be to build where the sandbox builds."""
    registry: str
    """The registry's name inside the sandbox."""
    s3: str
    """The S3 API's address inside the sandbox."""
    bucket: str
    """The bucket that is there."""

    @property
    def up(self) -> bool:
        """Whether every container runs."""
        return all(piece.state == "running" for piece in self.pieces)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain values, for JSON."""
        return asdict(self) | {"up": self.up}
