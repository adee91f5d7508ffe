"""Volumes: SQLite copies its databases, unless those who write to them hold still."""

from backup.sources.hosts import origin, saying

from deploy.backup.sources import files
from deploy.backup.sources.base import RELEASE, VOLUME, Source

ORIGIN = origin(saying())


def test_a_volume_in_use_is_packed_with_an_eye_for_databases() -> None:
    (piece,) = files.pieces(Source("media", VOLUME, "web", "shop_media"), ORIGIN)

    assert piece.argv[:3] == ("python3", "-m", "pump.tree")
    assert (piece.name, piece.form, piece.data, piece.still) == (
        "media.tar",
        "tar",
        "shop_media",
        {},
    )


def test_one_whose_writers_hold_still_is_packed_as_it_is() -> None:
    source = Source("index", VOLUME, "chroma", "shop_index", {"chroma": "pause"})

    (piece,) = files.pieces(source, ORIGIN)

    assert "--as-is" in piece.argv
    assert piece.still == {"c1": "pause", "c2": "pause"}


def test_one_that_is_known_gives_what_has_changed() -> None:
    known = origin(saying(), "s1", frozenset({"media"}))

    (media,) = files.pieces(Source("media", VOLUME, "web", "shop_media"), known)
    (other,) = files.pieces(Source("other", VOLUME, "web", "shop_other"), known)

    assert media.argv[3:7] == ("--index", "/index/s2/media", "--since", "/index/s1/media")
    assert (media.form, media.facts) == ("tar-changes", {"of": "volume", "since": "s1"})
    assert other.argv[3:6] == ("--index", "/index/s2/other", "/data")
    assert (other.form, other.facts) == ("tar", {"of": "volume"})


def test_a_release_is_what_it_is_made_of() -> None:
    (piece,) = files.pieces(Source("release", RELEASE), ORIGIN)

    assert piece.argv[-3:] == ("releases/r1", "files", "upstreams")
    assert piece.data == "/opt/shop/staging"
