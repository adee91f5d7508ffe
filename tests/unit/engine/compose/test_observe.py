import json

from deploy.engine.base import LockSeen, Replica
from deploy.engine.compose.observe import parse_observation, parse_replicas


def container(name: str, **more: object) -> str:
    found = {
        "id": f"id-{name}",
        "name": f"/{name}",
        "service": "web",
        "definition": "d1",
        "state": "running",
        "health": "healthy",
        "image": "shop/web:1@sha256:ab",
        "restarts": 0,
        "started_at": "2026-01-02T03:04:05.678Z",
        "networks": {"shop_default": {"IPAddress": "172.18.0.4", "Gateway": "172.18.0.1"}},
        **more,
    }
    return f"container {json.dumps(found)}"


TEXT = "\n".join(
    [
        "server 27.5.1 6.8.0-45-generic 2.32.4 41943040 1767323045",
        container("shop-web-10"),
        container("shop-web-2", state="exited", health="", networks={"none": {"IPAddress": ""}}),
        container("shop-db-1", service="db", definition=None, networks=None),
        "stamp releases/r1:4711",
        "current r1",
        'release {"id": "r1", "tag": "v1"}',
        'release {"id": "r0", "tag": "v0"}',
        'upstream web # slipway {"names": ["shop-web-10"], "settled": true}',
        "upstream own upstream own {",
        'lock 12 held {"run": "ab", "owner": "ann@desk", "reason": "deploy", "since": 1767323000}',
        'journal {"at": 1, "run": "ab", "note": "begin"}',
        'journal {"at": 2, "run": "ab", "ste',
        'journal {"at": 3, "run": "cd", "note": "begin"}',
    ]
)


def test_the_server_and_its_state() -> None:
    seen = parse_observation(TEXT)

    assert (seen.docker, seen.kernel, seen.compose) == ("27.5.1", "6.8.0-45-generic", "2.32.4")
    assert (seen.disk_free, seen.now) == (40 * 2**30, 1767323045.0)
    assert (seen.stamp, seen.current) == ("releases/r1:4711", "r1")
    assert {name: record["tag"] for name, record in seen.releases.items()} == {
        "r1": "v1",
        "r0": "v0",
    }


def test_replicas_come_by_service_and_number() -> None:
    seen = parse_observation(TEXT)

    assert [replica.name for replica in seen.replicas] == ["shop-db-1", "shop-web-2", "shop-web-10"]
    assert [replica.name for replica in seen.of("web")] == ["shop-web-2", "shop-web-10"]


def test_a_replica_whole() -> None:
    assert parse_observation(TEXT).replicas[-1] == Replica(
        "id-shop-web-10",
        "shop-web-10",
        "web",
        "d1",
        "running",
        "healthy",
        "shop/web:1@sha256:ab",
        0,
        "2026-01-02T03:04:05.678Z",
        {"shop_default": "172.18.0.4"},
    )


def test_a_container_that_is_not_ours_or_has_no_network() -> None:
    database, stopped, _ = parse_observation(TEXT).replicas

    assert (database.definition, database.addresses) == ("", {})
    assert stopped.addresses == {}


def test_upstreams_are_what_their_first_line_says() -> None:
    assert parse_observation(TEXT).upstreams == {
        "web": '# slipway {"names": ["shop-web-10"], "settled": true}',
        "own": "upstream own {",
    }


def test_a_lock_and_who_holds_it() -> None:
    lock = LockSeen("ab", "ann@desk", "deploy", 1767323000.0, 12.0)

    assert parse_observation(TEXT).lock == lock
    abandoned = parse_observation(TEXT.replace("lock 12 held", "lock 99 abandoned")).lock
    assert abandoned
    assert (abandoned.abandoned, abandoned.age) == (True, 99.0)


def test_a_journal_line_that_was_cut_short_is_passed_over() -> None:
    journal = parse_observation(TEXT).journal

    assert [entry.get("run") for entry in journal] == ["ab", None, "cd"]


def test_what_a_backup_holds_still() -> None:
    assert parse_observation(f"{TEXT}\nstill c1\nstill c2\n").still == {"c1", "c2"}


def test_an_empty_server() -> None:
    seen = parse_observation("server 27 6.8 2.32 1 2\nstamp :0\ncurrent \n")

    assert (seen.replicas, seen.releases, seen.lock, seen.journal) == ((), {}, None, ())
    assert seen.current == ""


def test_other_lines_are_no_replicas() -> None:
    assert [r.id for r in parse_replicas(f".\n1 web healthy\n{container('a-1')}\n")] == ["id-a-1"]


def test_a_record_that_was_cut_short_is_passed_over() -> None:
    broken = TEXT.replace('release {"id": "r0", "tag": "v0"}', 'release {"id": "r\nrelease ')

    assert set(parse_observation(broken).releases) == {"r1"}
