import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.engine.base import Observation, Service, UpdateConfig, Upstream
from deploy.rollout.release import (
    Release,
    current_release,
    release_from,
    release_id,
    releases_of,
)

numbers = st.floats(0, 1e9, allow_nan=False)
services = st.builds(
    Service,
    name=st.text(),
    image=st.text(),
    definition=st.text(),
    replicas=st.integers(1, 9),
    rolls=st.booleans(),
    database=st.booleans(),
    update=st.builds(UpdateConfig, start_first=st.booleans(), delay=numbers),
    depends_on=st.lists(st.text(), max_size=3).map(tuple),
    upstream=st.none() | st.builds(Upstream, port=st.integers(1, 65535), network=st.text()),
)
releases = st.builds(
    Release,
    id=st.text(),
    tag=st.text(),
    created_at=numbers,
    services=st.dictionaries(st.text(), services, max_size=3),
    images=st.dictionaries(st.text(), st.text(), max_size=3),
    backup=st.text(),
)


@given(releases)
def test_a_record_comes_back_as_it_was(release: Release) -> None:
    text = release.to_json()

    assert "\n" not in text
    assert release_from(json.loads(text)) == release


@given(releases, st.dictionaries(st.text(min_size=20), st.integers(), min_size=1, max_size=2))
def test_keys_of_newer_versions_are_passed_over(release: Release, extra: dict[str, Any]) -> None:
    record = {**json.loads(release.to_json()), **extra}
    for service in record["services"].values():
        service.update(extra)
        service["update"].update(extra)
        if service["upstream"]:
            service["upstream"].update(extra)

    assert release_from(record) == release


def test_a_record_of_an_older_version_gets_defaults() -> None:
    service = {"name": "web", "image": "web:1", "definition": "d1"}
    record = {"app": "shop", "environment": "test", "revision": "a", "tag": "v1", "id": "r1"}

    found = release_from(
        {**record, "created_at": 1, "created_by": "ann", "services": {"web": service}}
    )

    assert found.services["web"] == Service("web", "web:1", "d1")
    assert (found.images, found.backup) == ({}, "")


@pytest.mark.parametrize(
    ("now", "revision", "expected"),
    [
        (0, "1a2b3c4d5e6f7a8b", "19700101T000000Z-1a2b3c4d"),
        (1767323045.9, "v1", "20260102T030405Z-v1"),
    ],
)
def test_an_id_is_the_time_and_the_revision(now: float, revision: str, expected: str) -> None:
    assert release_id(now, revision) == expected


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_ids_sort_by_time(one: float, two: float) -> None:
    earlier, later = sorted([one, two])

    assert release_id(earlier, "f") <= release_id(later, "f")


def test_releases_come_newest_first() -> None:
    def record(name: str, at: float) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            Release(name, "shop", "test", "a", "v1", at, "ann").to_json()
        )
        return found

    recorded = {"b": record("b", 2), "a": record("a", 1), "c": record("c", 2)}
    seen = Observation(0, "", "", "", 0, "", current="b", releases=recorded)

    assert [release.id for release in releases_of(seen)] == ["c", "b", "a"]
    current = current_release(seen)
    assert current
    assert current.id == "b"
    assert current_release(Observation(0, "", "", "", 0, "")) is None
