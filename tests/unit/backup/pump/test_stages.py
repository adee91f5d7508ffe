"""What a stage says of its failure: the line that tells most."""

import pytest

from deploy.backup.pump.stages import gist


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ([], "it said nothing"),
        (["", "  "], "it said nothing"),
        (["one", "two", ""], "two"),
        (
            ["note", 'pg_restore: error: role "x" does not exist', "Command was: ALTER TABLE"],
            'pg_restore: error: role "x" does not exist',
        ),
        (
            ["psql:<stdin>:7: ERROR:  no such thing", "LINE 1: x", "   ^"],
            "psql:<stdin>:7: ERROR:  no such thing",
        ),
    ],
)
def test_the_line_that_tells_of_an_error(said: list[str], line: str) -> None:
    assert gist(said) == line
