"""Which snapshots bring a database to a moment, opened by the private key."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backup.memory import PROJECT, Memory, snapshot_of

from deploy.backup import keys
from deploy.backup.catalog import STRUCTURE, Catalog, Proof
from deploy.backup.snapshot import Archive, Digest
from deploy.backup.window import BASE, WAL, Moment
from deploy.errors import DamagedSnapshot, SettingsError
from deploy.wiring.backup import moment_named, restorable

DAY = 86400


def archive(form: str, **facts: Any) -> Archive:
    return Archive("db", form, f"db.{form}.zst.age", Digest(1, "aa"), Digest(1, "bb"), facts)


def wal(number: int) -> Archive:
    return archive(WAL, stream="a", first=number, last=number, until=DAY * (number + 0.5))


@pytest.fixture
def key(tmp_path: Path) -> keys.KeyPair:
    return keys.write_pair(tmp_path / "team.key")


@pytest.fixture
def catalog(key: keys.KeyPair) -> Catalog:
    """Three snapshots, of the days 1 to 3 of 1970, each after the other; the last is unproven."""
    found = Catalog(Memory(), PROJECT)
    base = archive(BASE, ended=float(DAY))
    for number, archives in enumerate(((base, wal(1)), (wal(2),), (wal(3),)), 1):
        own = keys.generate()
        snapshot = snapshot_of(f"s{number}", key.public, key=own)
        found.add(replace(snapshot, archives=archives), own.secret)
        if number < 3:
            found.prove(f"s{number}", Proof(STRUCTURE, 1))
    return found


def test_what_brings_it_there_is_opened(catalog: Catalog, tmp_path: Path) -> None:
    found = restorable(catalog, "", "1970-01-03 01:00+01:00", [], str(tmp_path / "team.key"))

    assert isinstance(found, Moment)
    assert found.moment == 2 * DAY
    assert [(part.opened.id, part.archive.form) for part in found.parts("db")] == [
        ("s1", BASE),
        ("s1", WAL),
        ("s2", WAL),
    ]


def test_what_is_not_proven_reaches_nothing(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"00:00:00\+00:00 to 1970-01-03 12:00:00\+00:00"):
        restorable(catalog, "", "1970-01-03 12:00:01", [], str(tmp_path / "team.key"))


def test_a_snapshot_that_was_edited_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    edited, own = snapshot_of("s2", key=keys.generate()), keys.generate()
    sealed = replace(edited, archives=(wal(2),), sealed_key=catalog.find("s2").sealed_key)
    catalog.store.remove([catalog.key("s2", "manifest.json")])
    catalog.add(sealed, own.secret)

    with pytest.raises(DamagedSnapshot, match="the seal is not ours"):
        restorable(catalog, "", "1970-01-03", [], str(tmp_path / "team.key"))


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (("s1", "1970-01-03", ()), "--to: --point names a snapshot too. say one of them."),
        (("", "1970-01-03", ("media",)), "--to: media cannot be brought to 1970-01-03"),
        (("", "noon", ()), "--to: 'noon' is no moment. write it as"),
    ],
)
def test_what_cannot_be_meant(
    catalog: Catalog, tmp_path: Path, asked: tuple[str, str, Sequence[str]], wrong: str
) -> None:
    with pytest.raises(SettingsError) as error:
        restorable(catalog, *asked, str(tmp_path / "team.key"))
    assert str(error.value).startswith(wrong)


def test_without_a_base_backup_it_is_said_how_to_have_one() -> None:
    with pytest.raises(SettingsError, match="no proven snapshot has a base backup. write `x-back"):
        restorable(Catalog(Memory(), PROJECT), "", "1970-01-03", [], "team.key")


@pytest.mark.parametrize(
    "text",
    ["1970-01-02", "1970-01-02 00:00:00", "1970-01-02T00:00Z", "1970-01-01 19:00:00-05:00"],
)
def test_moments(text: str) -> None:
    assert moment_named(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "9999-12-31 23:59:59-01:00",
        "9999-12-31 23:59:59.999999",
        "0001-01-01 00:00:00+01:00",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(SettingsError, match=rf"--to: '{re.escape(text)}' is no moment"):
        moment_named(text)
