from typing import Any

import pytest

from deploy.engine.compose.ports import bound, listening, published, taken

ANY = "0.0.0.0"  # noqa: S104 - what Docker says


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        ([{"published": "80", "target": 8080, "protocol": "tcp"}], (":80",)),
        ([{"published": "80", "target": 80, "host_ip": ANY}], (":80",)),
        ([{"published": "80", "target": 80, "host_ip": "::"}], (":80",)),
        ([{"published": "80", "target": 80, "host_ip": "127.0.0.1"}], ("127.0.0.1:80",)),
        ([{"published": "53", "target": 53, "protocol": "udp"}], ()),
        ([{"published": "8000-8005", "target": 80}], ()),
        ([{"target": 80}], ()),
    ],
)
def test_what_a_service_publishes(ports: list[dict[str, Any]], found: tuple[str, ...]) -> None:
    assert published({"ports": ports}) == found


def test_what_a_container_has() -> None:
    ports = {
        "80/tcp": [{"HostIp": ANY, "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "443/tcp": None,
        "53/udp": [{"HostIp": "", "HostPort": "53"}],
    }
    assert bound(ports) == (":8080", ":8080")
    assert bound(None) == ()


@pytest.mark.parametrize(
    ("entry", "port"),
    [
        ("00000000:0050", ":80"),
        ("0100007F:1F90", "127.0.0.1:8080"),
        ("00000000000000000000000000000000:01BB", ":443"),
        ("00000000000000000000000001000000:0019", "::1:25"),
        ("0000000000000000FFFF00000100007F:1F90", "127.0.0.1:8080"),
    ],
)
def test_what_the_kernel_lists(entry: str, port: str) -> None:
    assert listening(entry) == port


def test_what_is_our_own_is_not_taken() -> None:
    assert taken([":80", ":80", ":22"], [":80"]) == (":22",)
