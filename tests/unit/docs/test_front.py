"""What the nginx in front of every example promises, wherever a site adds a location."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
SITES = sorted((CHECKOUT / "nginx" / "sites").glob("*.conf"))
COMPOSE = [CHECKOUT / "nginx" / "compose.yaml", *sorted(CHECKOUT.glob("compose/*/*.yaml"))]
HASHING = {  # where a password is hashed
    "coaching-platform": ("/api/v1/auth/login", "/api/v1/auth/signup"),
    "loc8": (),
    "task-manager": ("/api/v1/auth/login", "/api/v1/auth/signup"),
    "training-club": ("/api/login", "/api/members"),
    "transformation-coaching": ("/api/v1/auth/login", "/api/v1/auth/signup"),
}

_PUBLISHED = re.compile(r'^ +- "(\S*?)\$\{\w+_PORT:-\d+\}:\d+"$', re.MULTILINE)
_LOCATION = re.compile(r"^location (?:([=~]) )?(\S+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)


def locations(site: Path) -> list[tuple[str, str, str]]:
    """Return how each location is compared, with what, and what it says."""
    return _LOCATION.findall(site.read_text(encoding="utf-8"))


def answering(site: Path, path: str) -> str:
    """Return what the location says that nginx takes: the exact one, a pattern, the prefix."""
    found = []
    for how, place, says in locations(site):
        exact = re.escape(place)
        order, pattern = {"=": (0, f"{exact}$"), "~": (1, place), "": (2, exact)}[how]
        if re.match(pattern, path):
            found.append((order, -len(place), says))
    return min(found)[2]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.stem)
def test_who_makes_it_hash_is_counted_strictly(site: Path) -> None:
    for path in HASHING[site.stem]:
        assert "limit_req zone=login" in answering(site, path), path


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.stem)
def test_large_bodies_are_few_at_once_for_each_address(site: Path) -> None:
    for _, place, says in locations(site):
        assert ("client_max_body_size" in says) == ("limit_conn uploads" in says), place


def test_nobody_comes_by_ipv6_unasked() -> None:
    found = {
        (file.parent.name, address)
        for file in COMPOSE
        for address in _PUBLISHED.findall(file.read_text(encoding="utf-8"))
    }
    others = {(name, address) for name, address in found if address != "127.0.0.1:"}
    assert others == {("nginx", "${PUBLISH_ON-0.0.0.0}:")}
