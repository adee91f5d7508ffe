import inspect
import re

import pytest

from deploy import errors
from deploy.errors import NeedsPerson, RolledBack, SettingsError, SlipwayError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SlipwayError("here", "it broke", "mend it"), "here: it broke. mend it."),
        (SlipwayError("here", "it broke."), "here: it broke."),
        (SlipwayError("here", "why?", "run `inv up`"), "here: why? run `inv up`"),
        (SlipwayError("here", " a\n", ""), "here: a."),
    ],
)
def test_an_error_reads_place_fault_remedy(error: SlipwayError, line: str) -> None:
    assert str(error) == line


def test_exit_codes_tell_what_became_of_it() -> None:
    assert [SettingsError.exit_code, RolledBack.exit_code, NeedsPerson.exit_code] == [1, 3, 4]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"^ +[│├└─ ]*([A-Z]\w+) ", errors.__doc__ or "", re.MULTILINE))
    there = {name for name, kind in inspect.getmembers(errors, inspect.isclass)} - {"ClassVar"}

    assert drawn == there
