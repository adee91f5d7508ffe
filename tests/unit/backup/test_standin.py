"""A stand-in: the service as it is, on a new volume, where nobody reaches it."""

import copy
from typing import Any

import pytest

from deploy.backup.sources.base import Server
from deploy.backup.standin import stand_in, volume_at

DOCUMENT: dict[str, Any] = {
    "name": "shop-staging",
    "services": {
        "db": {
            "image": "postgres@sha256:1",
            "container_name": "db",
            "command": ["postgres", "-c", "max_connections=50"],
            "environment": {"POSTGRES_USER": "shop", "POSTGRES_DB": "shop"},
            "depends_on": {"cache": {}},
            "deploy": {"replicas": 1},
            "labels": {"slipway.definition": "d1"},
            "networks": {"default": None},
            "ports": [{"target": 5432, "published": "5432"}],
            "restart": "always",
            "shm_size": "256m",
            "volumes": [
                {"type": "volume", "source": "data", "target": "/var/lib/postgresql/data"},
                {"type": "volume", "source": "wal", "target": "/var/lib/postgresql/data/pg_wal/"},
                {"type": "bind", "source": "/srv/conf", "target": "/etc/pg", "read_only": True},
                {"type": "bind", "source": "/srv/spool", "target": "/spool"},
                {"type": "volume", "target": "/anonymous"},
                {"type": "tmpfs", "target": "/scratch"},
                {"type": "bind", "source": "/srv/i", "target": "/docker-entrypoint-initdb.d/1.sql"},
            ],
        },
        "cache": {"image": "redis"},
    },
    "volumes": {"data": {"name": "shop-staging_data"}, "wal": None},
    "networks": {"default": {}},
}
SERVER = Server("postgres", ("pg_isready",), variables={"POSTGRES_DB": "postgres"})
FRESH = {"shop-staging_data": "shop-staging_data-restore"}


def found() -> dict[str, Any]:
    return dict(stand_in(DOCUMENT, "db", FRESH, SERVER))


def test_only_the_service_stands_in_and_no_network_reaches_it() -> None:
    document = found()
    service = document["services"]["db"]

    assert set(document["services"]) == {"db"}
    assert service["network_mode"] == "none"
    assert service["restart"] == "no"
    assert not {"ports", "networks", "container_name", "labels", "depends_on"} & set(service)


def test_it_has_the_secrets_of_the_service() -> None:
    secrets = {"word": {"file": "/opt/shop/files/ab/word"}}
    model = {**DOCUMENT["services"]["db"], "secrets": [{"source": "word"}]}

    document = stand_in(
        {**DOCUMENT, "services": {"db": model}, "secrets": secrets}, "db", FRESH, SERVER
    )

    assert document["secrets"] == secrets
    assert document["services"]["db"]["secrets"] == [{"source": "word"}]


def test_it_is_the_same_otherwise() -> None:
    service = found()["services"]["db"]

    for key in ("image", "command", "shm_size"):
        assert service[key] == DOCUMENT["services"]["db"][key]
    assert service["environment"] == {"POSTGRES_USER": "shop", "POSTGRES_DB": "postgres"}


def test_the_new_volume_takes_the_place_of_the_old_one() -> None:
    document = found()
    mounts = document["services"]["db"]["volumes"]
    sources = {mount["target"]: mount.get("source") for mount in mounts}

    assert sources["/var/lib/postgresql/data"] == "shop-staging_data-restore"
    assert sources["/etc/pg"] == "/srv/conf"
    assert document["volumes"]["shop-staging_data-restore"] == {
        "name": "shop-staging_data-restore",
        "external": True,
    }
    assert "shop-staging_data" not in document["volumes"]


def test_what_serves_is_never_written_to() -> None:
    mounts = found()["services"]["db"]["volumes"]
    writable = [mount["target"] for mount in mounts if not mount.get("read_only")]

    assert writable == ["/var/lib/postgresql/data", "/anonymous", "/scratch"]


def test_what_fills_a_new_database_stays_away() -> None:
    targets = [mount["target"] for mount in found()["services"]["db"]["volumes"]]

    assert not [target for target in targets if "initdb" in target]


def test_the_document_is_left_as_it_was() -> None:
    before = copy.deepcopy(DOCUMENT)

    found()

    assert before == DOCUMENT


@pytest.mark.parametrize(
    ("path", "volume"),
    [
        ("/var/lib/postgresql/data", "shop-staging_data"),
        ("/var/lib/postgresql/data/pgdata", "shop-staging_data"),
        ("/var/lib/postgresql/data/pg_wal", "wal"),
        ("/var/lib/postgresql/database", ""),
        ("/etc/pg", ""),
        ("/spool/at", "/srv/spool"),
        ("/anonymous", ""),
    ],
)
def test_the_innermost_volume_holds_a_path(path: str, volume: str) -> None:
    assert volume_at(DOCUMENT, "db", path) == volume


def test_a_folder_is_as_good_as_a_volume() -> None:
    document = stand_in(DOCUMENT, "db", {"/srv/spool": "/srv/spool-restore"}, SERVER)
    (spool,) = (m for m in document["services"]["db"]["volumes"] if m["target"] == "/spool")

    assert spool["source"] == "/srv/spool-restore"
    assert not spool.get("read_only")


def test_another_command_takes_the_place_of_the_entrypoint_too() -> None:
    own = {**DOCUMENT["services"]["cache"], "entrypoint": ["/odd"], "init": True}
    server = Server("redis-server", ("redis-cli", "ping"), ("redis-server", "--save", ""))

    service = stand_in({"services": {"cache": own}}, "cache", {}, server)["services"]["cache"]

    assert service["command"] == ["redis-server", "--save", ""]
    assert service["entrypoint"] is None
    assert "init" not in service
