"""What a source is, the pieces that are taken of it, and what each kind of source can do."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.backup.snapshot import Archive, Snapshot
from deploy.backup.snapshot import Kind as SnapshotKind
from deploy.backup.transfer import Into, Outside
from deploy.host import Host

VOLUME, FOLDER, RELEASE = "volume", "folder", "release"


@dataclass(frozen=True)
class Source:
    """Something to back up: of which `kind`, of which service, under which name.

    `place` is the volume's name, or the folder on the server, where it is one. `still` has services
    whose containers hold still while it is read, each with how: `pause` or `stop`. `pitr` says that
    it can be brought to any moment.
    """

    name: str
    kind: str
    service: str = ""
    place: str = ""
    still: Mapping[str, str] = field(default_factory=dict)
    pitr: bool = False

    @property
    def is_data(self) -> bool:
        """Whether it is data, and not what the release is made of."""
        return self.kind != RELEASE


@dataclass(frozen=True)
class Piece:
    """One archive to take: how its bytes come out, and what they are then called.

    Either `argv` runs in the pump, which sees `data` as /data, or `outside` runs beside it. `form`
    names the format for a restore, such as `pg-custom` or `tar`. `still` has containers that hold
    still meanwhile, each with how.
    """

    source: Source
    name: str
    form: str
    argv: tuple[str, ...] = ()
    data: str = ""
    outside: Outside | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    still: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """Where sources are read: a machine, the environment's folder, the id of what is deployed.

    `container` returns the id of a running container of a source's service, or raises
    `SourceFailed`. `running` returns the ids of all running containers of a service. `snapshot` is
    the one that is taken, of a `kind`; `base` the one that it builds on, if any, of which the files
    of the sources in `indexed` are known; `line` has that one and all that it builds on itself.
    `say` tells a line.
    """

    host: Host
    root: str
    release: str
    container: Callable[[Source], str]
    running: Callable[[str], Sequence[str]]
    snapshot: str
    say: Callable[[str], None]
    kind: SnapshotKind = SnapshotKind.FULL
    base: str = ""
    indexed: frozenset[str] = frozenset()
    line: tuple[Snapshot, ...] = ()


@dataclass(frozen=True)
class Server:
    """How a database is run alone.

    `process` is what its first process is called then, as a regular expression; `ready` ends with 0
    in its container once it answers, for which it has `seconds`. A `command` takes the place of the
    service's own; `variables` are set in its environment.
    """

    process: str
    ready: tuple[str, ...]
    command: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    seconds: int = 300


class Ground(Protocol):
    """A new volume or folder that a source is restored to."""

    @property
    def host(self) -> Host:
        """Return the machine that it is on."""

    @property
    def volume(self) -> str:
        """Return its name."""

    @property
    def moment(self) -> float | None:
        """Return the moment to bring it to, in seconds since 1970; None for the snapshot's own."""

    def pour(self, archive: Archive, into: Into) -> None:
        """Fetch an archive to where it belongs. Raises `SourceFailed`."""

    def stand_in(self, server: Server) -> AbstractContextManager[str]:
        """Run the source's service alone on the volume; yield the id of its container."""

    def say(self, line: str) -> None:
        """Tell a line."""


class Kind(Protocol):
    """A kind of source. Each is a module of this package with these names.

    `IMAGES` are the names of images that tell it, `FORMS` the formats of its archives.
    """

    KIND: str
    IMAGES: frozenset[str]
    FORMS: tuple[str, ...]

    def data_path(self, model: Mapping[str, Any]) -> str:
        """Return where a service keeps its data, in its container."""

    def pieces(self, source: Source, origin: Origin) -> tuple[Piece, ...]:
        """Return the archives to take. Raises `SourceFailed`."""

    def reader(self, archive: Archive, image: str) -> Into:
        """Return what reads an archive to its end; `image` is that of the service."""

    def restore(self, archives: Sequence[Archive], ground: Ground) -> None:
        """Fill a new volume, and see that it is right. Raises `DamagedSnapshot`, `SourceFailed`."""

    def holds(self, archive: Archive) -> str:
        """Return what is in an archive, in a few words."""

    def by_hand(self, archive: Archive, opened: str) -> Iterator[str]:
        """Yield commands that restore an archive without Slipway; `opened` prints its bytes."""


def read_facts(data: bytes) -> dict[str, Any]:
    r"""Return what a script wrote down of a source, a JSON object a line; tables are merged.

    >>> read_facts(b'{"rows": {"notes": 2}}\n{"rows": {"lines": 1}}\n{"version": "15.5"}\n')
    {'rows': {'notes': 2, 'lines': 1}, 'version': '15.5'}
    """
    facts: dict[str, Any] = {}
    for line in data.decode().splitlines():
        for key, value in json.loads(line).items():
            if isinstance(value, dict):
                facts.setdefault(key, {}).update(value)
            else:
                facts[key] = value
    return facts
