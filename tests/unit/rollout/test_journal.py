from typing import Any

import pytest

from deploy.rollout.journal import Ending, LastRun, interrupted_run, last_run

HOLDER = {"run": "ab", "owner": "ann@desk", "reason": "deploy", "since": 1.0}
BEGIN = {"at": 1767323045, "run": "ab", "note": "begin", "holder": HOLDER}


def step(title: str, code: int = 0, run: str = "ab") -> dict[str, Any]:
    return {"at": 1767323050, "run": run, "step": title, "seconds": 1, "exit": code}


OTHER = [{**BEGIN, "run": "old"}, step("record", run="old")]


@pytest.mark.parametrize(
    "journal",
    [
        [],
        [{}],
        [BEGIN, step("start web"), step("record")],
        [BEGIN, step("start web", 41), step("catch up"), step("undone")],
        [BEGIN, {}, step("record")],
        [step("drain", run="older"), *OTHER],
        [BEGIN, step("start web"), *OTHER],
    ],
    ids=["empty", "unreadable", "recorded", "undone", "torn", "cut at the top", "another after"],
)
def test_the_last_run_came_to_its_end(journal: list[dict[str, Any]]) -> None:
    assert interrupted_run(journal) is None


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        ([], ""),
        ([step("start web")], "start web"),
        ([step("start web"), step("switch")], "switch"),
        ([step("start web"), step("record", 1)], "record"),
        ([step("start web"), step("record", run="old")], "start web"),
        ([step("start web"), {}], "start web"),
    ],
)
def test_the_last_run_was_cut_off(steps: list[dict[str, Any]], last: str) -> None:
    found = interrupted_run([*OTHER, BEGIN, *steps])

    assert found == LastRun(
        "ab", "ann@desk", "deploy", 1767323045.0, last, Ending.CUT_OFF, failed=last == "record"
    )


def test_it_says_who_what_where_and_when() -> None:
    found = interrupted_run([BEGIN, step("switch")])

    assert str(found) == "deploy by ann@desk stopped after `switch` (2026-01-02 03:04:05 UTC)"
    assert "stopped before its first step" in str(interrupted_run([BEGIN]))


def test_a_record_that_is_hardly_readable_is_still_told() -> None:
    assert interrupted_run([{"note": "begin"}]) == LastRun(
        "", "somebody", "a run", 0.0, "", Ending.CUT_OFF
    )


@pytest.mark.parametrize(
    ("steps", "ending", "text"),
    [
        ([step("switch"), step("record")], Ending.RECORDED, "stopped after `switch`"),
        ([step("start", 41), step("catch up"), step("undone")], Ending.UNDONE, "failed at `start`"),
        (
            [step("switch"), step("catch up"), step("stop")],
            Ending.CUT_OFF,
            "stopped after `switch`",
        ),
        ([step("start", 41), step("paused")], Ending.PAUSED, "failed at `start`"),
        ([step("start", 41)], Ending.CUT_OFF, "failed at `start`"),
    ],
)
def test_how_it_ended(steps: list[dict[str, Any]], ending: Ending, text: str) -> None:
    found = last_run([BEGIN, *steps])

    assert found is not None
    assert found.ending == ending
    assert text in str(found)
