"""How large the parts of an upload are: within what S3 allows, small as long as they can be."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backup.parts import (
    GIB,
    MIB,
    OBJECT_MAX,
    PART_MAX,
    PART_MIN,
    PARTS_MAX,
    STEP,
    TIB,
    capacity,
    part_size,
)
from deploy.errors import SettingsError, TooLarge


def cut(stream: int, max_parts: int = PARTS_MAX) -> Iterator[int]:
    """Yield the sizes of the parts that a stream of so many bytes is cut into."""
    number = 0
    while stream > 0:
        number += 1
        yield min(stream, part_size(number, max_parts))
        stream -= part_size(number, max_parts)


def in_flight(stream: int, max_parts: int = PARTS_MAX) -> int:
    """Return how many bytes four parts that are sent at once have at most."""
    sizes = list(cut(stream, max_parts))
    return max(sum(sizes[first : first + 4]) for first in range(len(sizes)))


def test_the_first_gibibyte_goes_in_the_smallest_parts() -> None:
    sizes = [part_size(number) for number in range(1, 207)]

    assert sizes == [5 * MIB] * 205 + [8 * MIB]
    assert len(list(cut(GIB))) == 205


@pytest.mark.parametrize(
    ("max_parts", "holds", "largest"),
    [
        (10_000, 5 * TIB + 41 * MIB, 1064 * MIB),
        (5_000, 5 * TIB + 6 * MIB, 2136 * MIB),
        (1_024, 5 * TIB, 5 * GIB),
        (1_023, 3_928_340 * MIB, 5 * GIB),
        (1_000, 3_840_004 * MIB, 5 * GIB),
        (100, 384_002 * MIB, 5 * GIB),
    ],
)
def test_what_parts_hold(max_parts: int, holds: int, largest: int) -> None:
    sizes = [part_size(number, max_parts) for number in range(1, max_parts + 1)]

    assert (sum(sizes), sizes[-1]) == (holds, largest)
    assert capacity(max_parts) == holds


@pytest.mark.parametrize(
    ("max_parts", "stream", "disk"),
    [
        (10_000, GIB, 20 * MIB),
        (10_000, 100 * GIB, 600 * MIB),
        (10_000, 5 * TIB, 4256 * MIB),
        (1_000, GIB, 480 * MIB),
        (1_000, 100 * GIB, 5900 * MIB),
    ],
)
def test_the_disk_that_four_parts_in_flight_need(max_parts: int, stream: int, disk: int) -> None:
    assert in_flight(stream, max_parts) == disk


def test_a_stream_of_100_gibibytes_arrives_whole() -> None:
    stream = 100 * GIB + 12_345
    sizes = list(cut(stream))

    assert sum(sizes) == stream
    assert len(sizes) == 1536
    assert all(size >= PART_MIN for size in sizes[:-1])


@settings(deadline=None, max_examples=60)
@given(st.integers(100, PARTS_MAX))
def test_all_parts_are_within_what_s3_allows(max_parts: int) -> None:
    sizes = [part_size(number, max_parts) for number in range(1, max_parts + 1)]

    assert all(PART_MIN <= size <= PART_MAX for size in sizes)
    assert all(size % STEP == 0 for size in sizes if size != PART_MIN)
    assert all(before <= after for before, after in pairwise(sizes))
    if max_parts * PART_MAX >= OBJECT_MAX:
        assert capacity(max_parts) >= OBJECT_MAX
    else:
        assert capacity(max_parts) >= max_parts * PART_MAX * 3 // 4
    with pytest.raises(TooLarge, match=f"which is what {max_parts} parts hold"):
        part_size(max_parts + 1, max_parts)


def test_a_stream_that_does_not_fit_is_refused_with_what_would_fit() -> None:
    with pytest.raises(TooLarge) as refused:
        list(cut(4 * TIB, 1_000))

    assert str(refused.value) == (
        "upload: it is larger than 3.66 TiB, which is what 1000 parts hold."
        " back up less at once, or to a bucket that allows more parts."
    )


@pytest.mark.parametrize("max_parts", [-1, 0, 10_001])
def test_a_number_of_parts_that_s3_does_not_know_is_refused(max_parts: int) -> None:
    with pytest.raises(SettingsError, match=r"say 1 to 10000"):
        capacity(max_parts)
