from typing import Any

import pytest

from deploy.engine.base import Service, UpdateConfig, Upstream
from deploy.engine.compose.services import check_services, image_name, proxy_of, service_of
from deploy.errors import ComposeError

START_FIRST = {"update_config": {"order": "start-first"}}
NETWORKS = {"default": {"name": "shop-test_default"}, "back": {"name": "shop-test_back"}}


def a_document(**services: Any) -> dict[str, Any]:
    with_image = {name: {"image": name, **service} for name, service in services.items()}
    return {"services": with_image, "networks": NETWORKS}


def nginx(**more: Any) -> dict[str, Any]:
    ports = [{"target": 80, "published": "80"}]
    return {"image": "nginx:1.29", "ports": ports, "networks": {"default": None}, **more}


def service(name: str, document: dict[str, Any]) -> Service:
    return service_of(name, document["services"][name], document, "d1")


def test_what_nothing_is_said_about() -> None:
    found = service("web", a_document(web={}))

    assert (found.replicas, found.update, found.grace) == (1, UpdateConfig(), 10.0)
    assert (found.checked, found.deadline, found.upstream) == (False, 60.0, None)
    assert not found.database
    assert not found.proxy


def test_the_update_config_is_read_as_it_is_written() -> None:
    config = {
        "order": "start-first",
        "parallelism": 0,
        "delay": "1m",
        "monitor": "3s",
        "failure_action": "pause",
        "max_failure_ratio": 0.25,
    }
    document = a_document(web={"deploy": {"replicas": 3, "update_config": config}})

    found = service("web", document)

    assert found.update == UpdateConfig(True, 0, 60.0, 3.0, "pause", 0.25)  # noqa: FBT003
    assert (found.replicas, found.rolls) == (3, True)


def test_scale_is_the_old_word_for_replicas() -> None:
    assert service("web", a_document(web={"scale": 2})).replicas == 2


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"container_name": "web"}, "it has a fixed container_name"),
        ({"ports": [{"target": 80}]}, "it publishes a port"),
        ({"deploy": {}}, "its deploy.update_config.order is not start-first"),
        (
            {"deploy": {"update_config": {"order": "stop-first"}}},
            "its deploy.update_config.order is not start-first",
        ),
    ],
)
def test_why_a_service_cannot_roll(more: dict[str, Any], why: str) -> None:
    found = service("web", a_document(web={"deploy": START_FIRST, **more}))

    assert (found.rolls, found.why) == (False, why)


def test_the_proxy_rolls_although_it_publishes_ports() -> None:
    found = service("nginx", a_document(nginx=nginx(deploy=START_FIRST)))

    assert (found.rolls, found.proxy) == (True, True)


def test_the_edge_owns_the_ports() -> None:
    document = a_document(nginx=nginx())

    found = service_of("edge", {"image": "nginx"}, document, "d1")

    assert (found.rolls, found.why, found.edge, found.grace) == (
        False,
        "it owns the ports",
        True,
        1,
    )


@pytest.mark.parametrize(
    ("health", "deadline"),
    [
        ({"interval": "2s", "timeout": "3s", "retries": 10, "start_period": "20s"}, 85.0),
        ({}, 195.0),  # Docker's own: every 30 s, 30 s each, three times
        ({"interval": "1s", "timeout": "1s", "retries": 1}, 17.0),
    ],
)
def test_the_deadline_comes_from_the_health_check(health: dict[str, Any], deadline: float) -> None:
    document = a_document(web={"healthcheck": {"test": ["CMD", "true"], **health}})

    found = service("web", document)

    assert (found.checked, found.deadline) == (True, deadline)


def test_a_disabled_health_check_is_none() -> None:
    document = a_document(web={"healthcheck": {"test": ["CMD", "true"], "disable": True}})

    assert not service("web", document).checked


def test_grace_and_needs() -> None:
    document = a_document(web={"stop_grace_period": "1m30s", "depends_on": {"db": {}, "cache": {}}})

    found = service("web", document)

    assert (found.grace, found.depends_on) == (90.0, ("cache", "db"))


@pytest.mark.parametrize(
    ("image", "more", "expected"),
    [
        ("postgres:15", {}, True),
        ("registry.example.com:5000/mirror/postgis:3@sha256:ab", {}, True),
        ("redis", {"deploy": START_FIRST}, True),
        ("backend:1", {}, False),
        ("backend:1", {"volumes": [{"type": "volume", "source": "data"}]}, True),
        ("backend:1", {"volumes": [{"type": "bind", "source": "/etc"}]}, False),
        (
            "backend:1",
            {"volumes": [{"type": "volume", "source": "cache"}], "deploy": START_FIRST},
            False,
        ),
    ],
)
def test_what_holds_data(image: str, more: dict[str, Any], *, expected: bool) -> None:
    assert service("db", a_document(db={"image": image, **more})).database is expected


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("postgres", "postgres"),
        ("docker.io/library/postgres:15", "postgres"),
        ("localhost:5000/team/web", "web"),
        ("web@sha256:abc", "web"),
        ("localhost:5000/web:1.2@sha256:abc", "web"),
    ],
)
def test_the_name_in_an_image_reference(reference: str, name: str) -> None:
    assert image_name(reference) == name


def test_nginx_reaches_an_exposed_port_on_the_network_they_share() -> None:
    document = a_document(
        nginx=nginx(networks={"back": None}),
        web={"expose": ["8000"], "networks": {"default": None, "back": None}},
    )

    assert service("web", document).upstream == Upstream(8000, "shop-test_back")


def test_an_upstream_can_be_tuned() -> None:
    tuning = {"port": 9000, "balance": "least_conn", "keepalive": 8}
    document = a_document(nginx=nginx(), web={"expose": ["8000/tcp"], "x-upstream": tuning})

    found = service("web", document).upstream

    assert found == Upstream(9000, "shop-test_default", "least_conn", 8)


@pytest.mark.parametrize(
    "web", [{}, {"expose": ["80"], "networks": {"back": None}}], ids=["no port", "no network"]
)
def test_what_nginx_cannot_reach_has_no_upstream(web: dict[str, Any]) -> None:
    assert service("web", a_document(nginx=nginx(), web=web)).upstream is None


def test_without_a_proxy_there_is_no_upstream() -> None:
    assert service("web", a_document(web={"expose": ["80"]})).upstream is None


@pytest.mark.parametrize(
    ("tuning", "message"),
    [
        ({"prot": 80}, "services.web.x-upstream: 'prot' is unknown."),
        (80, "services.web.x-upstream: it is no mapping."),
        ({"balance": "fair"}, "services.web.x-upstream.balance: 'fair' is unknown."),
        ({"port": "eighty"}, "services.web.expose: 'eighty' is no number."),
    ],
)
def test_a_wrong_tuning_is_refused(tuning: object, message: str) -> None:
    document = a_document(nginx=nginx(), web={"x-upstream": tuning})

    with pytest.raises(ComposeError, match=message):
        service("web", document)


@pytest.mark.parametrize(
    ("services", "proxy"),
    [
        ({"web": {}}, None),
        ({"front": nginx()}, "front"),
        ({"front": nginx(image="nginx:1")}, "front"),
        ({"front": nginx(image="team/nginx-brotli:1")}, "front"),
        ({"web": {"image": "nginx:1"}}, None),
        ({"a": nginx(), "b": nginx(**{"x-proxy": True})}, "b"),
        ({"own": {"image": "team/web-server", "x-proxy": True}}, "own"),
    ],
)
def test_the_proxy_is_nginx_with_ports_or_the_one_that_says_so(
    services: dict[str, Any], proxy: str | None
) -> None:
    assert proxy_of(a_document(**services)) == proxy


def test_two_proxies_are_refused() -> None:
    with pytest.raises(ComposeError, match="services.b: a and b are both nginx with published"):
        proxy_of(a_document(a=nginx(), b=nginx()))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"services": {}}, "compose.yaml: the Compose file has no services. add one."),
        (a_document(edge={}), "services.edge: Slipway needs this name for itself."),
        (a_document(rehearsal={}), "services.rehearsal: Slipway needs this name for itself."),
        (
            a_document(web={"deploy": {"update_config": {"failure_action": "roll"}}}),
            "services.web.deploy.update_config.failure_action: 'roll' is unknown. choose one of:",
        ),
    ],
)
def test_what_cannot_be_deployed_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ComposeError) as error:
        check_services(document, "compose.yaml")

    assert str(error.value).startswith(message)


def test_a_service_can_say_that_nginx_does_not_send_to_it() -> None:
    found = service("web", a_document(nginx=nginx(), web={"expose": ["80"], "x-upstream": False}))

    assert found.upstream is None
    assert found.private


def test_a_port_on_a_name_is_refused() -> None:
    ports = [{"target": 80, "published": "80", "host_ip": "localhost"}]

    with pytest.raises(ComposeError) as error:
        check_services(a_document(web={"ports": ports}), "shop")

    assert str(error.value) == (
        "services.web.ports.host_ip: 'localhost' is no address."
        ' write one in numbers, such as "127.0.0.1".'
    )
