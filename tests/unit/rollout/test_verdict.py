import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.engine.base import LockSeen, Observation, Replica, Service, Upstream
from deploy.proxy.nginx import Answer
from deploy.rollout.release import Release
from deploy.rollout.verdict import findings, headline, what_was_found

UPSTREAM = Upstream(80, "net", "", 32)
WEB = Service("web", "shop/web:1", "d1", replicas=2, upstream=UPSTREAM)
RELEASE = Release("r1", "shop", "test", "abc", "v1", 1.0, "ann", {"web": WEB})
SEEN = Observation(0, "27", "2.32", "6.8", 2**34, "")
HOLDER = {"owner": "ann", "reason": "deploy v2"}
BEGIN = {"note": "begin", "run": "ab", "holder": HOLDER}
AT = "(1970-01-01 00:00:00 UTC)"


def replica(number: int, **more: Any) -> Replica:
    found = Replica(f"c{number}", f"web-{number}", "web", "d1", "running", "healthy")
    return dataclasses.replace(found, **more)


def found(*replicas: Replica, release: Release | None = RELEASE, **more: Any) -> list[str]:
    return findings(dataclasses.replace(SEEN, replicas=replicas, **more), release)


def step(title: str, code: int = 0) -> Mapping[str, Any]:
    return {"run": "ab", "step": title, "exit": code}


@pytest.mark.parametrize(
    ("release", "answer", "line"),
    [
        (None, None, "shop: nothing is deployed here yet"),
        (RELEASE, Answer("http://x/", "200 fine", ok=True), "shop serves: http://x/ answers 200"),
        (
            RELEASE,
            Answer("http://x/", "502 no", ok=False),
            "DOES NOT SERVE: http://x/ answers 502;",
        ),
        (
            RELEASE,
            Answer("http://x/", "000 curl", ok=False),
            "http://x/ answers nothing;",
        ),
        (RELEASE, Answer("http://x/", "", ok=False), "answers nothing, for no nginx runs"),
        (RELEASE, None, "whether it serves is not asked"),
    ],
)
def test_the_first_line_says_whether_it_serves(
    release: Release | None, answer: Answer | None, line: str
) -> None:
    assert line in headline("shop", release, answer)


def test_when_all_is_well_there_is_nothing_to_say() -> None:
    assert found(replica(1), replica(2)) == []
    assert found(release=None) == []


@pytest.mark.parametrize(
    ("replicas", "line"),
    [
        ([], "web is DOWN: no replica runs"),
        ([replica(1, state="exited")], "web is DOWN: no replica runs (web-1: exited)"),
        ([replica(1)], "web: 1 of 2 wanted replicas are well"),
        (
            [replica(1), replica(2, health="unhealthy")],
            "web: 1 of 2 wanted replicas are well (web-2: unhealthy)",
        ),
        (
            [replica(1), replica(2, health="starting")],
            "web: 1 of 2 wanted replicas are well (web-2: starting)",
        ),
        ([replica(1), replica(2), replica(3)], "web: 3 replicas run, 2 are wanted"),
        (
            [replica(1), replica(2), replica(3, definition="d0")],
            (
                "web: 2 of 2 wanted replicas of the recorded release are well, and 1 replica of"
                " another release run; nginx sends them no requests"
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_service(replicas: list[Replica], line: str) -> None:
    assert found(*replicas) == [line]


def test_what_a_backup_holds_still_is_not_called_down() -> None:
    (line,) = found(replica(1, state="paused"), still=frozenset([replica(1).id]))

    assert line == "web: 1 replica held still by a backup that is at work"


def test_which_release_gets_the_requests() -> None:
    traffic = {"web": '# slipway {"names": ["web-3"], "settled": false}'}

    (line,) = found(replica(1), replica(2), replica(3, definition="d2"), upstreams=traffic)

    assert line.endswith("nginx sends requests to the other release")


def test_what_the_recorded_release_does_not_know() -> None:
    assert found(replica(1), replica(2), replica(3, service="worker")) == [
        "not of the recorded release: worker"
    ]


def test_a_disk_that_is_nearly_full() -> None:
    assert found(replica(1), replica(2), disk_free=100 * 2**20) == [
        "the disk is nearly full: 100 MiB free for Docker"
    ]


@pytest.mark.parametrize(
    ("lock", "line"),
    [
        (
            LockSeen("ab", "ann", "deploy v2", 0, 12.4),
            "at work: deploy v2 by ann, since 1970",
        ),
        (LockSeen("ab", "ann", "deploy v2", 0, 0, abandoned=True), "a run that died (abandoned)"),
        (LockSeen("ab", "ann", "deploy v2", 0, 31), "a run that died (silent for 31 s)"),
    ],
)
def test_who_holds_the_lock(lock: LockSeen, line: str) -> None:
    (said,) = found(replica(1), replica(2), lock=lock)
    assert line in said


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([], f"cut off: deploy v2 by ann stopped before its first step {AT}; `inv deploy`"),
        ([step("switch")], f"cut off: deploy v2 by ann stopped after `switch` {AT}; `inv deploy`"),
        (
            [step("start", 41), step("undone")],
            f"the last run was undone: deploy v2 by ann failed at `start` {AT}",
        ),
        (
            [step("start", 41), step("paused")],
            f"paused: deploy v2 by ann failed at `start` {AT}, as failure_action says",
        ),
    ],
)
def test_how_the_last_run_ended(steps: list[Mapping[str, Any]], line: str) -> None:
    (said,) = found(replica(1), replica(2), journal=(BEGIN, *steps))
    assert said.startswith(line)


def test_while_a_run_is_at_work_it_is_not_called_cut_off() -> None:
    lock = LockSeen("ab", "ann", "deploy v2", 0, 1)
    (said,) = found(replica(1), replica(2), lock=lock, journal=(BEGIN,))
    assert said.startswith("at work")


@pytest.mark.parametrize(
    ("replicas", "does"),
    [
        ([replica(1), replica(2)], "this run starts from what serves"),
        (
            [replica(1), replica(2), replica(3, definition="d2"), replica(4, definition="d2")],
            "this run keeps the 2 replicas that it started",
        ),
        ([replica(1), replica(3, definition="d3")], "this run removes the 1 replica that it left"),
        (
            [replica(3, definition="d2"), replica(4, definition="d3")],
            "keeps the 1 replica that it started and removes the 1 replica that it left",
        ),
    ],
)
def test_the_next_run_says_what_it_found_and_does(replicas: list[Replica], does: str) -> None:
    seen = dataclasses.replace(SEEN, replicas=tuple(replicas), journal=(BEGIN, step("start")))
    wanted = {"web": dataclasses.replace(WEB, definition="d2")}

    said = what_was_found(seen, wanted, RELEASE)

    assert said.startswith(f"deploy v2 by ann stopped after `start` {AT}; ")
    assert said.endswith(does)


def test_after_a_good_run_nothing_was_found() -> None:
    seen = dataclasses.replace(SEEN, journal=(BEGIN, step("record")))
    assert what_was_found(seen, {"web": WEB}, RELEASE) == ""


def test_a_run_that_is_at_work_did_not_die() -> None:
    lock = LockSeen("ab", "ann", "deploy v2", 0, 3, abandoned=False)
    seen = dataclasses.replace(SEEN, journal=(BEGIN, step("start")), lock=lock)
    assert what_was_found(seen, {"web": WEB}, RELEASE) == ""

    died = dataclasses.replace(lock, abandoned=True)
    assert what_was_found(dataclasses.replace(seen, lock=died), {"web": WEB}, RELEASE)
