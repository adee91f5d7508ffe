"""The fault table is of the suite that is here, and shows no failed request without a reason."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = CHECKOUT / "docs" / "reference" / "faults.md"
FEWEST = 40


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]
    return [row for row in cells if row[0] not in {"fault", "---"}]


def test_there_are_enough_scenarios_and_each_is_another_fault() -> None:
    faults = [row[0] for row in rows()]
    assert len(faults) >= FEWEST
    assert len(set(faults)) == len(faults)


def test_no_request_failed_without_a_reason() -> None:
    for row in rows():
        assert row[-1] == "0" or re.fullmatch(r"\d+: .+", row[-1]), row


def test_every_row_is_whole() -> None:
    for row in rows():
        assert len(row) == len(("fault", "serves", "sees", "status", "next", "requests", "failed"))
        assert all(row), row
        assert int(row[-2].replace(",", "")) > 0, row


def test_every_file_of_the_suite_has_its_part() -> None:
    page = PAGE.read_text()
    for file in sorted((CHECKOUT / "tests" / "integration").glob("*/test_*.py")):
        if ".scenario(" in file.read_text():
            assert f"({Path('../..') / file.relative_to(CHECKOUT)})" in page, file
