"""What there is to back up, as a Compose file tells it."""

from typing import Any

import pytest

from deploy.backup.snapshot import Archive, Digest, Kind, Snapshot
from deploy.backup.sources import postgres
from deploy.backup.sources.base import FOLDER, RELEASE, VOLUME, Source
from deploy.backup.sources.find import data_of, find_sources, whole_data_of
from deploy.errors import ComposeError, SlipwayError

RELEASE_SOURCE = Source("release", RELEASE)


def volume(source: str, target: str = "/data") -> dict[str, Any]:
    return {"type": "volume", "source": source, "target": target}


def folder(source: str, target: str = "/data", **more: object) -> dict[str, Any]:
    return {"type": "bind", "source": source, "target": target, **more}


def document(**services: dict[str, Any]) -> dict[str, Any]:
    volumes = {"data": {"name": "shop_data"}, "media": {"name": "shop_media"}, "bare": None}
    return {"services": services, "volumes": volumes}


def found(**services: dict[str, Any]) -> tuple[Source, ...]:
    *sources, release = find_sources(document(**services))
    assert release == RELEASE_SOURCE
    return tuple(sources)


@pytest.mark.parametrize(
    "image",
    [
        "postgres",
        "postgres:15-alpine",
        "docker.io/library/postgres@sha256:1",
        "registry.example.com:5000/team/postgis:16",
        "timescale/timescaledb:2",
        "pgvector/pgvector:pg16",
    ],
)
def test_an_image_of_postgres_is_dumped_and_its_volume_not_copied(image: str) -> None:
    assert found(db={"image": image, "volumes": [volume("data")]}) == (
        Source("db", postgres.KIND, "db"),
    )


def test_a_database_that_is_not_dumped_is_not_copied_unasked() -> None:
    db = {"image": "mongo:7", "volumes": [volume("data")]}

    with pytest.raises(ComposeError) as error:
        found(db=db)
    assert "services.db: there is no dump of mongo yet" in str(error.value)

    assert found(db={**db, "x-backup": False}) == ()
    assert found(db={**db, "x-backup": {"kind": "volume"}}) == (
        Source("data", VOLUME, "db", "shop_data"),
    )
    assert found(db={"image": "mongo:7"}) == ()


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("redis:7-alpine", "redis"),
        ("valkey/valkey:8", "redis"),
        ("mariadb:10.11", "mysql"),
        ("mysql@sha256:1", "mysql"),
        ("bitnami/mysql:8", "mysql"),
    ],
)
def test_other_databases_that_keep_something(image: str, kind: str) -> None:
    assert found(db={"image": image, "volumes": [volume("data")]}) == (Source("db", kind, "db"),)
    assert found(db={"image": image}) == (() if kind == "redis" else (Source("db", kind, "db"),))


@pytest.mark.parametrize("image", ["postgrest/postgrest", "postgres-exporter:1", "me/postgres/web"])
def test_an_image_that_sounds_like_it_is_none(image: str) -> None:
    assert found(web={"image": image}) == ()


def test_named_volumes_and_writable_folders_databases_first() -> None:
    web = {
        "image": "web",
        "volumes": [
            folder("/srv/uploads"),
            folder("/srv/conf", read_only=True),
            volume("media"),
            volume("bare"),
            {"type": "volume", "target": "/anonymous"},
            {"type": "tmpfs", "target": "/tmp"},  # noqa: S108 - in the container
        ],
    }

    assert found(web=web, db={"image": "postgres"}) == (
        Source("db", postgres.KIND, "db"),
        Source("bare", VOLUME, "web", "bare"),
        Source("media", VOLUME, "web", "shop_media"),
        Source("uploads", FOLDER, "web", "/srv/uploads"),
    )


def test_what_a_database_lies_on_is_no_source_of_others() -> None:
    db = {"image": "postgres", "volumes": [volume("data", target="/var/lib/postgresql/data")]}
    archiver = {"image": "walg", "volumes": [volume("data", target="/db"), volume("spool")]}

    assert found(db=db, archiver=archiver) == (
        Source("db", postgres.KIND, "db"),
        Source("spool", VOLUME, "archiver", "spool"),
    )


def test_a_folder_that_holds_a_database_is_refused() -> None:
    db = {"image": "mysql:8", "volumes": [folder("/srv/all/db", target="/var/lib/mysql")]}
    below = {"image": "web", "volumes": [folder("/srv/all/db/binlog")]}
    assert found(db=db, web=below) == (Source("db", "mysql", "db"),)

    with pytest.raises(ComposeError, match=r"writes to /srv/all, in which db keeps its database"):
        found(db=db, web={"image": "web", "volumes": [folder("/srv/all")]})


@pytest.mark.parametrize(
    "place", ["/var/run/docker.sock", "/run/x", "/proc", "/sys/fs", "/dev", "/"]
)
def test_what_is_the_machines_own_is_left_out(place: str) -> None:
    assert found(web={"image": "web", "volumes": [folder(place)]}) == ()


def test_what_two_services_share_is_taken_once() -> None:
    web = {"image": "web", "volumes": [volume("media")]}

    assert found(web=web, worker={**web}) == (Source("media", VOLUME, "web", "shop_media"),)


def test_two_of_one_name_get_names_of_their_own() -> None:
    web = {
        "image": "web",
        "volumes": [
            volume("media"),
            folder("/srv/media"),
            folder("/mnt/media"),
            folder("/x/release"),
        ],
    }

    assert [source.name for source in found(web=web)] == [
        "media",
        "media-2",
        "media-3",
        "release-2",
    ]


def test_a_service_may_be_left_out() -> None:
    assert found(db={"image": "postgres", "x-backup": False}) == ()


def test_what_the_image_does_not_tell_may_be_said() -> None:
    named = {"image": "team/store", "x-backup": {"kind": "postgres"}, "volumes": [volume("data")]}
    copied = {"image": "postgres", "x-backup": {"kind": "volume"}, "volumes": [volume("data")]}

    assert found(db=named) == (Source("db", postgres.KIND, "db"),)
    assert found(db=copied) == (Source("data", VOLUME, "db", "shop_data"),)


@pytest.mark.parametrize("excluded", ["media", "/data"])
def test_a_mount_is_left_out_by_source_or_target(excluded: str) -> None:
    web = {
        "image": "web",
        "x-backup": {"exclude": [excluded]},
        "volumes": [volume("media"), volume("bare", "/bare")],
    }

    assert [source.name for source in found(web=web)] == ["bare"]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (True, "services.db.x-backup: True says nothing. write `false`, or a table of keys."),
        ("no", "services.db.x-backup: 'no' says nothing."),
        (None, "services.db.x-backup: None says nothing."),
        (
            {"skip": 1},
            "services.db.x-backup.skip: the key is unknown. known: exclude, kind, pause",
        ),
        (
            {"kind": "mongo"},
            "services.db.x-backup.kind: 'mongo' is unknown. choose one of: postgres, mysql, ",
        ),
        ({"pause": "yes"}, "services.db.x-backup.pause: true or false is wanted."),
        ({"pitr": "on"}, "services.db.x-backup.pitr: true or false is wanted. write pitr: true."),
        (
            {"pitr": True, "kind": "volume"},
            "services.db.x-backup.pitr: only a Postgres has that. remove it, or write `kind: ",
        ),
        ({"pause": True, "stop": True}, "services.db.x-backup: it says both pause and stop."),
        ({"exclude": "media"}, "services.db.x-backup.exclude: a list of strings is wanted."),
        ({"exclude": [1]}, "services.db.x-backup.exclude: a list of strings is wanted."),
    ],
)
def test_a_wish_that_cannot_be_meant(wish: object, message: str) -> None:
    with pytest.raises(ComposeError) as error:
        find_sources(document(db={"image": "postgres", "x-backup": wish}))
    assert str(error.value).startswith(message)


def test_a_postgres_that_can_be_brought_to_any_moment() -> None:
    for wish, pitr in (({"pitr": True}, True), ({"pitr": False}, False), ({}, False)):
        assert found(db={"image": "postgres", "x-backup": wish}) == (
            Source("db", postgres.KIND, "db", pitr=pitr),
        )


@pytest.mark.parametrize(
    ("image", "wish", "still"),
    [
        ("me/web", {}, {}),
        ("me/web", {"pause": True}, {"db": "pause"}),
        ("mongo:7", {"stop": True}, {"db": "stop"}),
        ("chromadb/chroma:1.5", {}, {"db": "pause"}),
        ("chromadb/chroma:1.5", {"stop": True}, {"db": "stop"}),
        ("chromadb/chroma:1.5", {"pause": False}, {}),
    ],
)
def test_who_holds_still_while_a_volume_is_read(
    image: str, wish: dict[str, Any], still: dict[str, str]
) -> None:
    (source,) = found(db={"image": image, "volumes": [volume("data")], "x-backup": wish})

    assert source.still == still


def test_all_that_hold_still_for_a_volume_that_they_share() -> None:
    mounts = {"image": "web", "volumes": [volume("data")]}

    (source,) = found(
        one={**mounts, "x-backup": {"pause": True}},
        two=mounts,
        three={**mounts, "x-backup": {"stop": True}},
    )

    assert source.still == {"one": "pause", "three": "stop"}


# --- what a snapshot has of it -------------------------------------------------------------------


def snapshot(*sources: str) -> Snapshot:
    digest = Digest(1, "ab")
    archives = tuple(Archive(one, "tar", f"{one}.tar", digest, digest) for one in sources)
    return Snapshot("s1", "shop", "test", Kind.FULL, 0, 0, archives, "age1", "", ())


def test_data_that_has_no_place_any_more_is_told() -> None:
    now = document(db={"image": "postgres"}, web={"image": "web", "volumes": [volume("media")]})

    both = whole_data_of(now, snapshot("release", "db", "media"))
    assert [one.name for one in both] == ["db", "media"]
    assert [one.name for one in data_of(now, snapshot("release", "db", "sql"))] == ["db"]
    with pytest.raises(SlipwayError, match="s1: it holds sql, which what is deployed does not"):
        whole_data_of(now, snapshot("release", "db", "sql"))
    with pytest.raises(SlipwayError, match="s1: it holds no data"):
        whole_data_of(now, snapshot("release"))
