"""Sizes of the parts of an upload whose length nobody knows before it ends. Pure.

S3 takes few parts, and each is held back until it is whole: small parts spare the disk, large ones
let a long stream fit. So parts begin small and grow in steps, in the manner of pgBackRest (its
`repo-storage-upload-chunk-size`: 5 MiB for the first GiB, then in steps of 8 MiB). There they stop
at 1 GiB, with which 10,000 parts hold 4.8 TiB; here they grow just so fast that 5 TiB fit.
"""

from bisect import bisect_left
from functools import lru_cache
from itertools import groupby

from deploy.errors import SettingsError, TooLarge

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40

# What S3 allows: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
PART_MIN = 5 * MIB  # but for the last part, which may be smaller
PART_MAX = 5 * GIB
PARTS_MAX = 10_000
OBJECT_MAX = 5 * TIB  # that page says 48.8 TiB by now; others who speak S3 still say 5

STEP = 8 * MIB
SMALL_PARTS = 205  # of 10,000: the first GiB, as in pgBackRest
SHARE = 0.75  # of what the largest parts would hold, where these are too few for 5 TiB


def part_size(number: int, max_parts: int = PARTS_MAX) -> int:
    """Return how many bytes part `number`, from 1, has in an upload of at most `max_parts` parts.

    Four parts in flight need at most so much disk while 10,000 parts are allowed: 20 MiB for a
    stream of 1 GiB, 600 MiB for 100 GiB, 4.2 GiB for 5 TiB. Where only 1,000 are allowed it is
    480 MiB for 1 GiB and 5.8 GiB for 100 GiB.

    Raises `TooLarge` for a part after the last, `SettingsError` where S3 knows no such `max_parts`.
    """
    if number < 1:
        message = f"parts are counted from 1, not from {number}"
        raise AssertionError(message)
    sizes = _sizes(max_parts)
    if number > max_parts:
        raise TooLarge(
            "upload",
            f"it is larger than {sum(sizes) / TIB:.2f} TiB, which is what {max_parts} parts hold",
            "back up less at once, or to a bucket that allows more parts",
        )
    return sizes[number - 1]


def capacity(max_parts: int = PARTS_MAX) -> int:
    """Return how many bytes `max_parts` parts hold: 5 TiB and a little, where S3 allows that.

    Below 1,024 parts not even the largest hold 5 TiB. There it is three quarters of what the
    largest would hold, so that small uploads still have small parts.
    """
    return sum(_sizes(max_parts))


def runs(max_parts: int = PARTS_MAX) -> list[tuple[int, int]]:
    """Return all sizes in short: how many parts in a row have how many bytes.

    >>> runs()[:2]
    [(205, 5242880), (73, 8388608)]
    """
    return [(len(list(group)), size) for size, group in groupby(_sizes(max_parts))]


@lru_cache
def _sizes(max_parts: int) -> tuple[int, ...]:
    if not 1 <= max_parts <= PARTS_MAX:
        raise SettingsError(
            "max_parts", f"{max_parts} parts are no limit of S3", f"say 1 to {PARTS_MAX}"
        )
    most = max_parts * PART_MAX
    wanted = OBJECT_MAX if most >= OBJECT_MAX else int(most * SHARE)
    small = min(max_parts * SMALL_PARTS // PARTS_MAX, max_parts - -(-wanted // PART_MAX))
    slope = bisect_left(
        range(PART_MAX), wanted, key=lambda slope: sum(_growing(max_parts, small, slope))
    )
    return _growing(max_parts, small, slope)


def _growing(parts: int, small: int, slope: int) -> tuple[int, ...]:
    """Return `small` parts of the least size; each after them is larger by `slope`, in steps."""
    sizes = (-(-slope * number // STEP) * STEP for number in range(1, parts - small + 1))
    return (PART_MIN,) * small + tuple(min(max(size, PART_MIN), PART_MAX) for size in sizes)
