import dataclasses
import io
import json

import pytest
from rich.console import Console

from deploy.engine.base import LockSeen, Observation, Service
from deploy.errors import SettingsError, SlipwayError
from deploy.proxy.nginx import Answer
from deploy.rollout.deploy import Outcome, Proposal
from deploy.rollout.plan import Extras, Plan
from deploy.rollout.release import Release
from deploy.tasks.show import (
    confirm_proposal,
    parse_replicas,
    show_outcome,
    show_status,
)

WEB = Service("web", "shop/web:1", "d1", replicas=2)
RELEASE = Release("r1", "shop", "test", "abc", "v1", 1.0, "ann", {"web": WEB})
SEEN = Observation(0, "27", "2.32", "6.8", 2**30, "")


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

    answer = Answer("http://shop.test/", "502 Bad Gateway", ok=False)
    show_status(console, dataclasses.replace(SEEN, lock=lock), RELEASE, answer, "shop on test")

    assert "shop on test DOES NOT SERVE: http://shop.test/ answers 502;" in out.getvalue()
    assert "web is DOWN" in out.getvalue()
    assert "[bold]ann" in out.getvalue()


@pytest.mark.parametrize(
    ("backup", "told"), [("", False), ("the store does not answer ([x])", True)]
)
def test_status_has_a_line_about_backups_where_they_are_configured(
    backup: str, *, told: bool
) -> None:
    out = io.StringIO()

    show_status(Console(file=out, width=100), SEEN, RELEASE, None, "shop on test", backup)

    assert ("backup: the store does not answer ([x])\n" in out.getvalue()) is told
