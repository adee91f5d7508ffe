"""What the nginx in front of every example promises, wherever a site adds a location."""

import re
from pathlib import Path

import pytest

NGINX = Path(__file__).resolve().parents[3] / "nginx"
SITES = sorted((NGINX / "sites").glob("*.conf"))
HASHING = {  # where a password is hashed
    "coaching-platform": ("/api/v1/auth/login", "/api/v1/auth/signup"),
    "loc8": (),
    "task-manager": ("/api/v1/auth/login", "/api/v1/auth/signup"),
    "training-club": ("/api/login", "/api/members"),
    "transformation-coaching": ("/api/v1/auth/login", "/api/v1/auth/signup"),
}

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
