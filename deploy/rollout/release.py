"""A release: one recorded version of an app in an environment. Plain values, kept as JSON."""

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.engine.base import Observation, Service, UpdateConfig, Upstream


@dataclass(frozen=True)
class Release:
    """What serves, whole: services with images by digest, who made it, when and from what.

    `images` maps each reference of the Compose file to the reference with its digest.
    `created_at` is the server's clock, seconds since 1970. `backup` is a snapshot's id, or empty.
    `networks` has a hash of what the Compose file says of each that is the app's own.
    """

    id: str
    app: str
    environment: str
    revision: str
    tag: str
    created_at: float
    created_by: str
    services: Mapping[str, Service] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    backup: str = ""
    networks: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


def release_id(now: float, revision: str) -> str:
    """Return the id of a release made at `now` (server time) of a git revision.

    >>> release_id(0, "1a2b3c4d5e6f7a8b")
    '19700101T000000Z-1a2b3c4d'
    """
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{revision[:8]}"


def release_from(record: Mapping[str, Any]) -> Release:
    """Return the release that a JSON record describes; keys of newer versions are passed over."""
    services = {name: _service(found) for name, found in record.get("services", {}).items()}
    return Release(**{**_known(Release, record), "services": services})


def current_release(seen: Observation) -> Release | None:
    """Return the release that is recorded as serving."""
    record = seen.releases.get(seen.current)
    return release_from(record) if record else None


def releases_of(seen: Observation) -> list[Release]:
    """Return the recorded releases, newest first."""
    found = [release_from(record) for record in seen.releases.values()]
    return sorted(found, key=lambda release: (release.created_at, release.id), reverse=True)


def _service(record: Mapping[str, Any]) -> Service:
    upstream = record.get("upstream")
    return Service(
        **{
            **_known(Service, record),
            "update": UpdateConfig(**_known(UpdateConfig, record.get("update", {}))),
            "upstream": Upstream(**_known(Upstream, upstream)) if upstream else None,
            "depends_on": tuple(record.get("depends_on", ())),
            "publishes": tuple(record.get("publishes", ())),
        }
    )


def _known(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {key: value for key, value in record.items() if key in names}
