"""What is refused before anything is taken."""

import pytest

from deploy.backup.create import _check_clock
from deploy.errors import SourceFailed


@pytest.mark.parametrize(
    ("there", "words"),
    [(0, "1000 hours behind"), (7_200_000, "1000 hours ahead of"), (3_600_000 + 3599, "")],
)
def test_a_clock_that_is_wrong(there: float, words: str) -> None:
    if not words:
        _check_clock("server", there, 3_600_000)
        return
    with pytest.raises(SourceFailed, match=f"server: its clock is {words} that of this machine"):
        _check_clock("server", there, 3_600_000)
