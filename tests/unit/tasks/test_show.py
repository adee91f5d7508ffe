import dataclasses
import io
import json
from typing import Any

import pytest
from rich.console import Console

from deploy.engine.base import LockSeen, Observation, Replica, Service
from deploy.errors import SettingsError, SlipwayError
from deploy.rollout.deploy import Outcome, Proposal
from deploy.rollout.plan import Extras, Plan
from deploy.rollout.release import Release
from deploy.tasks.show import (
    confirm_proposal,
    findings,
    parse_replicas,
    show_outcome,
    show_status,
)

WEB = Service("web", "shop/web:1", "d1", replicas=2)
RELEASE = Release("r1", "shop", "test", "abc", "v1", 1.0, "ann", {"web": WEB})
SEEN = Observation(0, "27", "2.32", "6.8", 2**30, "")


def replica(number: int, **more: Any) -> Replica:
    found = Replica(f"c{number}", f"web-{number}", "web", "d1", "running", "healthy")
    return dataclasses.replace(found, **more)


def found(*replicas: Replica, release: Release | None = RELEASE, **more: Any) -> list[str]:
    return findings(dataclasses.replace(SEEN, replicas=replicas, **more), release)


def test_when_all_is_well_there_is_nothing_to_say() -> None:
    assert found(replica(1), replica(2)) == []
    assert found(release=None) == []


@pytest.mark.parametrize(
    ("replicas", "line"),
    [
        ([], "web is DOWN: no replica runs"),
        ([replica(1, state="exited")], "web is DOWN: no replica runs"),
        ([replica(1)], "web: 1 of 2 wanted replicas are well"),
        ([replica(1), replica(2, health="unhealthy")], "web: 1 of 2 wanted replicas are well"),
        (
            [replica(1), replica(2), replica(3, definition="d0")],
            "web: 1 replicas of another release run beside it",
        ),
    ],
)
def test_what_is_wrong_with_a_service(replicas: list[Replica], line: str) -> None:
    assert found(*replicas) == [line]


def test_who_holds_the_lock() -> None:
    lock = LockSeen("ab", "ann@desk", "deploy", 0, 12.4)

    assert found(replica(1), replica(2), lock=lock) == [
        "locked: deploy by ann@desk (heartbeat 12 s ago)"
    ]
    assert found(replica(1), replica(2), lock=dataclasses.replace(lock, abandoned=True)) == [
        "locked: deploy by ann@desk (abandoned)"
    ]


def test_a_run_that_was_cut_off() -> None:
    journal = ({"note": "begin", "run": "ab", "holder": {"owner": "ann", "reason": "deploy"}},)

    (line,) = found(replica(1), replica(2), journal=journal)

    assert line.startswith("cut off: deploy by ann stopped before its first step")
    assert line.endswith("`inv deploy` finishes or reverts it")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("web=3", {"web": 3}), ("web=3,api=1", {"web": 3, "api": 1})],
)
def test_replicas_as_they_are_typed(arguments: str, expected: dict[str, int]) -> None:
    assert parse_replicas(arguments) == expected


@pytest.mark.parametrize("argument", ["web", "web=", "=3", "web=0", "web=-1", "web=two", "web=1.5"])
def test_replicas_that_are_none(argument: str) -> None:
    with pytest.raises(SettingsError, match="is not SERVICE=NUMBER. write web=3"):
        parse_replicas(argument)


def proposal(*data: str) -> Proposal:
    return Proposal(RELEASE, Plan((), {}, (), data), (), SEEN, Extras())


@pytest.fixture
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))


@pytest.mark.usefixtures("_nobody_there")
def test_without_a_terminal_nothing_is_taken_for_a_yes() -> None:
    with pytest.raises(SlipwayError, match="it was not confirmed"):
        confirm_proposal(proposal(), asks=True, yes=False, recreate=(), where="shop")
    confirm_proposal(proposal(), asks=True, yes=True, recreate=(), where="shop")
    confirm_proposal(proposal(), asks=False, yes=False, recreate=(), where="shop")


@pytest.mark.usefixtures("_nobody_there")
def test_a_yes_is_not_enough_for_a_database() -> None:
    with pytest.raises(SlipwayError, match="--recreate db"):
        confirm_proposal(proposal("db"), asks=False, yes=True, recreate=(), where="shop")
    confirm_proposal(proposal("db"), asks=False, yes=True, recreate=("db",), where="shop")


def test_an_outcome_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(RELEASE, changed=True, timings=[("pull", 1.23456)])

    show_outcome(Console(file=io.StringIO()), outcome, "shop", as_json=True)

    assert json.loads(capsys.readouterr().out) == {
        "changed": True,
        "release": "r1",
        "tag": "v1",
        "steps": [{"step": "pull", "seconds": 1.235}],
    }


def test_status_names_what_is_down_even_when_its_text_looks_like_markup() -> None:
    out = io.StringIO()
    lock = LockSeen("ab", "[bold]ann", "deploy", 0, 1)
    console = Console(file=out, width=100)

    show_status(console, dataclasses.replace(SEEN, lock=lock), RELEASE, "shop on test")

    assert "web is DOWN" in out.getvalue()
    assert "[bold]ann" in out.getvalue()
