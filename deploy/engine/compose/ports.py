"""Ports of the machine: those a service publishes, those that are taken. Pure.

A port is written `address:port`, and `:port` where it is on all addresses: of IPv4, of IPv6, or
both, since what listens on [::] mostly holds the other as well. Only TCP.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

_WORD = 4  # bytes; the kernel writes an address in words of its own byte order


def published(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a service of a Compose document publishes; a range counts as unknown."""
    return tuple(
        socket(port.get("host_ip", ""), port["published"])
        for port in service.get("ports", [])
        if str(port.get("published", "")).isdigit() and port.get("protocol", "tcp") == "tcp"
    )


def bound(ports: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what a container has of the machine, from its `NetworkSettings.Ports`."""
    return tuple(
        socket(found["HostIp"], found["HostPort"])
        for port, bindings in (ports or {}).items()
        for found in bindings or []
        if port.endswith("/tcp")
    )


def listening(entry: str) -> str:
    """Return the port of a local address in /proc/net/tcp or tcp6, on a little-endian machine.

    >>> listening("0100007F:1F90"), listening("00000000:0050")
    ('127.0.0.1:8080', ':80')
    """
    words, _, port = entry.partition(":")
    raw = bytes.fromhex(words)
    turned = b"".join(raw[i : i + _WORD][::-1] for i in range(0, len(raw), _WORD))
    return socket(str(ipaddress.ip_address(turned)), int(port, 16))


def is_address(text: str) -> bool:
    """Whether it is an IP address, or empty: all addresses."""
    try:
        socket(text, 0)
    except ValueError:
        return False
    return True


def socket(address: str, port: object) -> str:
    """Return a port as it is written here."""
    found = ipaddress.ip_address(address) if address else ipaddress.ip_address(0)
    found = getattr(found, "ipv4_mapped", None) or found
    return f"{'' if found.is_unspecified else found}:{port}"


def taken(all_listening: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """Return what others listen on: Docker may hold a port of its containers twice, on IPv6 too."""
    return tuple(sorted(set(all_listening) - set(own)))
