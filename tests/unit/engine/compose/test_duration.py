import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.engine.compose.duration import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10s", 10),
        ("1h5m30s20ms", 3930.02),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("100us", 0.0001),
        ("5ns", 5e-9),
        ("1.5h", 5400),
        ("0s", 0),
        ("2562047h47m16.854775807s", 9223372036.854776),  # Go's longest
    ],
)
def test_durations_of_compose(text: str, expected: float) -> None:
    assert seconds(text, -1) == pytest.approx(expected)


@pytest.mark.parametrize("nothing", [None, "", 5, {}])
def test_without_one_the_default_counts(nothing: object) -> None:
    assert seconds(nothing, 7) == 7


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_any_parts_add_up(hours: int, minutes: int, secs: int, milli: int) -> None:
    expected = hours * 3600 + minutes * 60 + secs + milli / 1000

    assert seconds(f"{hours}h{minutes}m{secs}s{milli}ms", 0) == pytest.approx(expected)
