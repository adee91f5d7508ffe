"""All kinds of sources, by their name and by the formats of their archives."""

from collections.abc import Mapping

from deploy.backup.snapshot import Archive
from deploy.backup.sources import files, mysql, postgres, redis
from deploy.backup.sources.base import FOLDER, RELEASE, VOLUME, Kind
from deploy.errors import DamagedSnapshot

DATABASES: Mapping[str, Kind] = {kind.KIND: kind for kind in (postgres, mysql, redis)}
KINDS: Mapping[str, Kind] = {**DATABASES, VOLUME: files, FOLDER: files, RELEASE: files}


def kind_of(archive: Archive) -> Kind:
    """Return the kind whose archive this is. Raises `DamagedSnapshot` where its form is unknown."""
    for kind in KINDS.values():
        if archive.form in kind.FORMS:
            return kind
    raise DamagedSnapshot(archive.name, f"its format {archive.form!r} is unknown", "update Slipway")
