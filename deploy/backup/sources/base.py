"""What a source is, and the pieces that are taken of it. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.backup.transfer import Outside

POSTGRES, VOLUME, FOLDER, RELEASE = "postgres", "volume", "folder", "release"


@dataclass(frozen=True)
class Source:
    """Something to back up: of which `kind`, of which service, under which name.

    `place` is the volume's name, or the folder on the server, where it is one.
    """

    name: str
    kind: str
    service: str = ""
    place: str = ""

    @property
    def is_data(self) -> bool:
        """Whether it is data, and not what the release is made of."""
        return self.kind != RELEASE


@dataclass(frozen=True)
class Piece:
    """One archive to take: how its bytes come out, and what they are then called.

    Either `argv` runs in the pump, which sees `data` as /data, or `outside` runs beside it. `form`
    names the format for a restore: `pg-custom`, `pg-roles`, `tar`.
    """

    source: Source
    name: str
    form: str
    argv: tuple[str, ...] = ()
    data: str = ""
    outside: Outside | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
