"""Windows of recovery: what follows what, and what holds for any history of snapshots."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from backup.memory import snapshot_of
from hypothesis import given
from hypothesis import strategies as st

from deploy.backup.snapshot import Archive, Digest, Opened, Snapshot
from deploy.backup.window import (
    BASE,
    WAL,
    Moment,
    Shipment,
    Window,
    follows,
    pitr_sources,
    reached,
    shipments,
    way,
    windows,
)
from deploy.errors import SettingsError
from deploy.host import Secret

FULL = Shipment("s1", "a", 3, 5, until=110.0, base=100.0)
SECOND = Shipment("s2", "a", 6, 6, until=120.0)
THIRD = Shipment("s3", "a", 7, 9, until=130.0)
LATER = Shipment("s4", "a", 10, 12, until=150.0, base=140.0)
ALL = (FULL, SECOND, THIRD, LATER)


def names(found: Iterable[Shipment]) -> str:
    return " ".join(one.snapshot for one in found)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (100.0, "s1"),
        (110.0, "s1"),
        (110.1, "s1 s2"),
        (130.0, "s1 s2 s3"),
        (139.9, "s1 s2 s3 s4"),  # by the base backup before, though s4 has one
        (140.0, "s4"),
        (150.0, "s4"),
    ],
)
def test_the_newest_base_backup_and_what_follows_it(moment: float, wanted: str) -> None:
    assert names(way(ALL, "db", moment)) == wanted


@pytest.mark.parametrize("moment", [0.0, 99.9, 150.1])
def test_what_is_out_of_reach_is_refused_with_what_is_not(moment: float) -> None:
    with pytest.raises(SettingsError) as error:
        way(ALL, "db", moment)
    assert "--to: db cannot be brought to 1970-01-01 00:0" in str(error.value)
    assert "proven snapshots reach 1970-01-01 00:01:40+00:00 to 1970-01-01 00:02:30+00:00" in str(
        error.value
    )


def test_without_a_base_backup_nothing_is_reached() -> None:
    with pytest.raises(SettingsError, match="no proven snapshot has a base backup"):
        way((SECOND, THIRD), "db", 125.0)
    assert windows((SECOND, THIRD)) == windows(()) == ()


def test_a_gap_ends_a_window_and_the_next_base_backup_begins_one() -> None:
    gap = (FULL, THIRD, LATER)

    assert windows(gap) == (Window(100.0, 110.0), Window(140.0, 150.0))
    with pytest.raises(SettingsError, match=r"00:01:50\+00:00; 1970"):
        way(gap, "db", 125.0)


def test_what_was_sent_twice_is_no_gap() -> None:
    again = replace(THIRD, first=6)

    assert names(way((FULL, SECOND, again), "db", 125.0)) == "s1 s2 s3"
    assert names(way((FULL, again), "db", 125.0)) == "s1 s3"


def test_another_stream_does_not_follow_however_its_segments_are_numbered() -> None:
    branched = replace(SECOND, stream="b")

    assert windows((FULL, branched)) == (Window(100.0, 110.0),)
    assert windows((FULL, branched, replace(THIRD, first=6))) == (Window(100.0, 130.0),)


def test_an_older_server_is_not_taken_for_the_one_that_took_its_place() -> None:
    """As where a restore was undone: the WAL of the older one reaches beyond the newer one's."""
    other = Shipment("s2", "b", 1, 2, until=125.0, base=115.0)
    undone = Shipment("s3", "a", 6, 9, until=130.0)

    assert windows((FULL, other, undone)) == (Window(100.0, 125.0),)
    assert names(way((FULL, other, undone), "db", 114.0)) == "s1 s3"
    assert names(way((FULL, other, undone), "db", 116.0)) == "s2"
    with pytest.raises(SettingsError):
        way((FULL, other, undone), "db", 128.0)


@pytest.mark.parametrize(
    ("line", "stream", "first", "wanted"),
    [
        ((FULL,), "a", 6, True),
        ((FULL,), "a", 4, True),
        ((FULL,), "a", 7, False),
        ((FULL,), "b", 6, False),
        ((FULL, SECOND, THIRD), "a", 10, True),
        ((FULL, THIRD), "a", 10, False),
        ((FULL, THIRD), "a", 6, True),
        ((SECOND, THIRD), "a", 10, False),
        ((), "a", 1, False),
    ],
)
def test_whether_wal_follows(
    line: Sequence[Shipment], stream: str, first: int, *, wanted: bool
) -> None:
    assert follows(line, stream, first) is wanted


@st.composite
def histories(draw: st.DrawFn) -> tuple[Shipment, ...]:
    """Draw snapshots of one or two servers, some with base backups, some lost."""
    found: list[Shipment] = []
    clock, behind = 0.0, {"a": 0, "b": 0}
    for number in range(draw(st.integers(0, 12))):
        stream = draw(st.sampled_from("aaab"))
        begun = clock = clock + draw(st.integers(1, 9))
        first = max(1, behind[stream] + 1 - draw(st.integers(0, 2)))
        behind[stream] = behind[stream] + draw(st.integers(1, 4))
        base = begun if draw(st.booleans()) else None
        clock += draw(st.integers(1, 9))
        one = Shipment(f"s{number:02}", stream, first, behind[stream], clock, base)
        found += [one] if draw(st.integers(0, 5)) else []
    return tuple(found)


@given(histories(), st.integers(0, 250))
def test_a_way_is_there_exactly_within_a_window(
    shipped: tuple[Shipment, ...], moment: float
) -> None:
    inside = [one for one in windows(shipped) if one.begin <= moment <= one.end]
    try:
        found = way(shipped, "db", moment)
    except SettingsError:
        assert not inside
    else:
        assert len(inside) == 1
        assert found


@given(histories(), st.integers(0, 250))
def test_a_way_has_every_segment_of_one_stream_and_reaches_the_moment(
    shipped: tuple[Shipment, ...], moment: float
) -> None:
    try:
        base, *others = way(shipped, "db", moment)
    except SettingsError:
        return
    assert base.base is not None
    assert base.base <= moment <= [base, *others][-1].until
    assert all(one.until < moment for one in [base, *others][:-1])
    assert {one.stream for one in others} <= {base.stream}
    had = {number for one in (base, *others) for number in range(one.first, one.last + 1)}
    assert had == set(range(min(had), max(had) + 1))
    newer = [one for one in shipped if one.base is not None and base.base < one.base <= moment]
    assert newer == []


@given(histories())
def test_windows_are_in_order_and_apart(shipped: tuple[Shipment, ...]) -> None:
    found = windows(shipped)

    assert all(one.begin < one.end for one in found)
    assert all(one.end < after.begin for one, after in pairwise(found))


def archive(form: str, **facts: Any) -> Archive:
    return Archive("db", form, f"db.{form}", Digest(1, "aa"), Digest(1, "bb"), facts)


def snapshots() -> Iterator[Snapshot]:
    """Yield a full one and one that follows it, the newest first, as a catalog does."""
    wal = {"stream": "a", "timeline": "00000001", "size": 1 << 24}
    second = archive(WAL, **wal, first=6, last=6, until=120.5)
    first = archive(WAL, **wal, first=3, last=5, until=110.0)
    base = archive(BASE, ended=100.0)
    dump = archive("pg-custom", database="shop")
    yield replace(snapshot_of("s2"), archives=(dump, second))
    yield replace(snapshot_of("s1"), archives=(dump, base, first))


def test_what_snapshots_say_of_it() -> None:
    found = tuple(snapshots())

    assert shipments(found, "db") == (FULL, replace(SECOND, until=120.5))
    assert shipments(found, "media") == ()
    assert pitr_sources(found) == ("db",)
    assert [reached(one) for one in found] == [(120.5,), (110.0,)]


def test_the_archives_of_a_moment() -> None:
    second, first = (Opened(one, Secret("key")) for one in snapshots())
    again = replace(first, snapshot=replace(first.snapshot, id="s3"))

    moment = Moment(120.0, {"db": (first, second, again)})

    parts = moment.parts("db")
    assert [(part.opened.id, part.archive.form) for part in parts] == [
        ("s1", BASE),
        ("s1", WAL),
        ("s2", WAL),
        ("s3", WAL),
    ]
    assert moment.parts("other") == ()
    assert moment.id == "1970-01-01 00:02:00+00:00"
