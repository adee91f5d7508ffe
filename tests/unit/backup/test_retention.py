"""What is kept and why: golden tables, and what holds for any snapshots and any policy."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backup.retention import Candidate, Decision, Policy, decide, removals
from deploy.errors import RetentionRefused

HOUR, DAY = 3600.0, 86400.0
YEARLONG = Policy(last=3, daily=7, weekly=4, monthly=12)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def daily(first: str, days: int) -> list[Candidate]:
    """Return a proven snapshot for each day, at three in the morning, named by its day."""
    begin = datetime.fromisoformat(first).replace(hour=3, tzinfo=UTC)
    times = [begin + timedelta(days=day) for day in range(days)]
    return [Candidate(f"{time:%Y-%m-%d}", time.timestamp(), proven=True) for time in times]


def proven(name: str, when: float, parent: str = "") -> Candidate:
    return Candidate(name, when, parent, proven=True)


def unproven(name: str, when: float, parent: str = "") -> Candidate:
    return Candidate(name, when, parent)


def kept(decisions: Iterable[Decision]) -> dict[str, tuple[str, ...]]:
    return {decision.id: decision.reasons for decision in decisions if decision.keep}


def gone(decisions: Iterable[Decision]) -> dict[str, tuple[str, ...]]:
    return {decision.id: decision.reasons for decision in decisions if not decision.keep}


def test_a_year_of_daily_snapshots() -> None:
    decisions = decide(daily("2026-01-01", 365), YEARLONG, at("2026-12-31T12:00"))

    assert kept(decisions) == {
        "2026-12-31": (
            "last 3",
            "daily 2026-12-31",
            "weekly 2026-W53",
            "monthly 2026-12",
            "the newest proven one",
        ),
        "2026-12-30": ("last 3", "daily 2026-12-30"),
        "2026-12-29": ("last 3", "daily 2026-12-29"),
        "2026-12-28": ("daily 2026-12-28",),
        "2026-12-27": ("daily 2026-12-27", "weekly 2026-W52"),
        "2026-12-26": ("daily 2026-12-26",),
        "2026-12-25": ("daily 2026-12-25",),
        "2026-12-20": ("weekly 2026-W51",),
        "2026-12-13": ("weekly 2026-W50",),
        "2026-11-30": ("monthly 2026-11",),
        "2026-10-31": ("monthly 2026-10",),
        "2026-09-30": ("monthly 2026-09",),
        "2026-08-31": ("monthly 2026-08",),
        "2026-07-31": ("monthly 2026-07",),
        "2026-06-30": ("monthly 2026-06",),
        "2026-05-31": ("monthly 2026-05",),
        "2026-04-30": ("monthly 2026-04",),
        "2026-03-31": ("monthly 2026-03",),
        "2026-02-28": ("monthly 2026-02",),
        "2026-01-31": ("monthly 2026-01",),
    }
    assert set(gone(decisions).values()) == {("not among last 3, daily 7, weekly 4, monthly 12",)}
    assert [decision.id for decision in decisions] == sorted(
        (d.id for d in decisions), reverse=True
    )


def test_what_was_taken_of_some_sources_takes_no_whole_one_s_place() -> None:
    start = at("2026-11-20T01:00")
    whole = [proven("nightly", start), proven("nightly before", start - DAY)]
    some = [
        dataclasses.replace(proven(f"db {hour:02}", start + hour * HOUR), only=("db",))
        for hour in range(1, 5)
    ]

    decisions = decide([*whole, *some], Policy(last=2), start + DAY)

    assert kept(decisions) == {
        "db 04": ("last 2 of db", "the newest proven one of db"),
        "db 03": ("last 2 of db",),
        "nightly": ("last 2", "the newest proven one"),
        "nightly before": ("last 2",),
    }


def test_two_years_pruned_each_night_end_as_if_pruned_once() -> None:
    policy = dataclasses.replace(YEARLONG, yearly=2)
    everything = daily("2025-01-01", 730)
    there: list[Candidate] = []

    for snapshot in everything:
        there.append(snapshot)
        left = kept(decide(there, policy, snapshot.at))
        there = [candidate for candidate in there if candidate.id in left]

    assert kept(decide(there, policy, everything[-1].at)) == kept(
        decide(everything, policy, everything[-1].at)
    )


def test_hours_of_one_day() -> None:
    start = at("2026-11-20T00:00")
    snapshots = [proven(f"{half:02}", start + half * HOUR / 2) for half in range(12)]

    assert kept(decide(snapshots, Policy(hourly=3), start + DAY)) == {
        "11": ("hourly 2026-11-20 05:00", "the newest proven one"),
        "09": ("hourly 2026-11-20 04:00",),
        "07": ("hourly 2026-11-20 03:00",),
    }


def test_only_periods_that_hold_a_snapshot_count() -> None:
    days = ["2024-02-29", "2025-06-01", "2026-11-19", "2026-11-20"]
    snapshots = [proven(day, at(day)) for day in days]

    assert sorted(kept(decide(snapshots, Policy(daily=3), at("2026-11-21")))) == days[1:]
    assert sorted(kept(decide(snapshots, Policy(yearly=2), at("2026-11-21")))) == [
        "2025-06-01",
        "2026-11-20",
    ]


def test_periods_are_those_of_utc_and_weeks_those_of_iso() -> None:
    snapshots = [
        proven("thursday", at("2026-12-31T23:59:59")),
        proven("new year", at("2027-01-01T00:00:00")),
        proven("sunday", at("2027-01-03T23:59:59")),
        proven("monday", at("2027-01-04T00:00:00")),
    ]

    weeks = kept(decide(snapshots, Policy(weekly=2), at("2027-01-05")))
    years = kept(decide(snapshots, Policy(yearly=2), at("2027-01-05")))

    assert weeks == {
        "monday": ("weekly 2027-W01", "the newest proven one"),
        "sunday": ("weekly 2026-W53",),
    }
    assert sorted(years) == ["monday", "thursday"]


def test_a_young_history_keeps_its_oldest_snapshot() -> None:
    decisions = decide(daily("2026-11-01", 20), Policy(last=1, monthly=12), at("2026-11-20T12:00"))

    assert kept(decisions) == {
        "2026-11-20": ("last 1", "monthly 2026-11", "the newest proven one"),
        "2026-11-01": ("the oldest, as monthly 12 is not reached",),
    }


@pytest.mark.parametrize(
    ("within", "told"),
    [(7 * DAY, "7d"), (36 * HOUR, "36h"), (90 * 60, "90m"), (90, "90s"), (1.5, "1.5s")],
)
def test_within_looks_back_from_the_newest_proven_one(within: float, told: str) -> None:
    newest = at("2026-11-20")
    snapshots = [
        unproven("unproven", newest + 1),
        proven("newest", newest),
        proven("just within", newest - within + 0.5),
        proven("just not", newest - within),
    ]

    decisions = decide(snapshots, Policy(within=within), newest + 1000 * DAY)

    assert kept(decisions)["just within"] == (f"within {told}",)
    assert gone(decisions) == {"just not": (f"not among within {told}",)}


def test_what_is_not_proven_takes_no_place_from_what_is() -> None:
    snapshots = [
        unproven("d5", 5 * DAY),
        unproven("d4", 4 * DAY),
        proven("d3", 3 * DAY),
        unproven("d2", 2 * DAY),
        proven("d1", 1 * DAY),
        proven("d0", 0 * DAY),
    ]

    decisions = decide(snapshots, Policy(last=2), 6 * DAY)

    assert kept(decisions) == {
        "d5": ("newer than every proven one",),
        "d4": ("newer than every proven one",),
        "d3": ("last 2", "the newest proven one"),
        "d1": ("last 2",),
    }
    assert gone(decisions) == {
        "d2": ("unproven, and a newer one is proven",),
        "d0": ("not among last 2",),
    }


def test_where_none_is_proven_all_stay() -> None:
    decisions = decide([unproven("a", 1), unproven("b", 2)], Policy(last=1), 3)

    assert kept(decisions) == {"b": ("none is proven",), "a": ("none is proven",)}


def test_what_a_release_needs_stays_proven_or_not() -> None:
    snapshots = [proven("new", 3 * DAY), unproven("old", 2 * DAY), proven("older", DAY)]
    pinned = dict.fromkeys(["old", "older", "elsewhere"], "release r1 rolls back to it")

    decisions = decide(snapshots, Policy(last=1), 4 * DAY, pinned)

    assert kept(decisions) == {
        "new": ("last 1", "the newest proven one"),
        "old": ("release r1 rolls back to it",),
        "older": ("release r1 rolls back to it",),
    }


def test_what_a_kept_one_builds_on_stays() -> None:
    snapshots = [
        proven("i3", 7 * DAY, "i1"),
        proven("i2", 6 * DAY, "i1"),
        proven("i1", 5 * DAY, "full"),
        proven("unrelated", 4 * DAY),
        unproven("full", 3 * DAY),
    ]

    assert kept(decide(snapshots, Policy(last=2), 8 * DAY)) == {
        "i3": ("last 2", "the newest proven one"),
        "i2": ("last 2",),
        "i1": ("needed by i3 and 1 more",),
        "full": ("needed by i1",),
    }


def test_a_broken_chain_is_not_proven_however_long_it_is() -> None:
    snapshots = [
        proven("i2", 5 * DAY, "i1"),
        proven("good", 4 * DAY),
        proven("i1", 3 * DAY, "lost"),
        proven("other", 2 * DAY, "i0"),
        proven("i0", 1 * DAY, "lost too"),
    ]

    decisions = decide(snapshots, Policy(last=3), 6 * DAY)

    assert kept(decisions) == {
        "i2": ("newer than every proven one",),
        "good": ("last 3", "the newest proven one"),
        "i1": ("needed by i2",),
    }
    assert set(gone(decisions).values()) == {("its chain is broken, and a newer one is proven",)}


def test_a_cycle_is_a_broken_chain() -> None:
    snapshots = [
        proven("good", 9 * DAY),
        proven("a", 3 * DAY, "b"),
        proven("b", 2 * DAY, "a"),
        proven("itself", 1 * DAY, "itself"),
    ]

    assert list(kept(decide(snapshots, Policy(last=9), 9 * DAY))) == ["good"]
    assert kept(decide(snapshots[1:], Policy(last=9), 9 * DAY)) == {
        "a": ("none is proven", "needed by b"),
        "b": ("none is proven", "needed by a"),
        "itself": ("none is proven",),
    }


def test_of_nothing_nothing_is_kept() -> None:
    assert decide([], YEARLONG, 0) == ()


@pytest.mark.parametrize(
    ("snapshots", "policy", "message"),
    [
        ([], Policy(), "retention: the policy keeps nothing. set one of last, hourly, daily"),
        ([], Policy(last=-1), "retention: last is -1. say a number from 0 up."),
        ([], Policy(within=math.nan), "retention: within is nan."),
        (
            [proven("s1", 0), proven("s2", DAY + 420), proven("s3", DAY)],
            YEARLONG,
            "snapshot s2: it was taken 7m from now, so a clock is wrong. set the clocks",
        ),
        ([proven("s1", math.inf)], YEARLONG, "snapshot s1: it was taken at inf, which is no time"),
        ([proven("s1", math.nan)], YEARLONG, "snapshot s1: it was taken at nan, which is no time"),
        ([proven("s1", 1), unproven("s1", 2)], YEARLONG, "snapshot s1: two have this id."),
    ],
)
def test_what_cannot_be_decided_is_refused(
    snapshots: list[Candidate], policy: Policy, message: str
) -> None:
    with pytest.raises(RetentionRefused) as refused:
        decide(snapshots, policy, DAY)

    assert str(refused.value).startswith(message)


def test_clocks_may_differ_by_five_minutes() -> None:
    assert kept(decide([proven("s1", DAY + 300)], Policy(last=1), DAY))


def test_children_go_before_their_parents() -> None:
    snapshots = [
        proven("new", 9 * DAY),
        proven("i2", 4 * DAY, "i1"),
        proven("d1", 3 * DAY, "full"),
        proven("i1", 2 * DAY, "full"),
        proven("full", 1 * DAY),
        proven("old", 0 * DAY),
    ]

    decisions = decide(snapshots, Policy(last=1), 9 * DAY)

    assert removals(decisions, snapshots) == ("i2", "i1", "d1", "old", "full")


def test_what_came_since_keeps_what_it_builds_on() -> None:
    snapshots = [proven("new", 9 * DAY), proven("full", 2 * DAY), proven("old", 1 * DAY)]
    decisions = decide(snapshots, Policy(last=1), 9 * DAY)

    since = [unproven("late", 9 * DAY, "full"), *snapshots]

    assert removals(decisions, since) == ("old",)


def test_what_is_gone_already_is_not_removed_again() -> None:
    snapshots = [proven("new", 9 * DAY), proven("old", 1 * DAY)]
    decisions = decide(snapshots, Policy(last=1), 9 * DAY)

    assert removals(decisions, snapshots[:1]) == ()


NOW = at("2026-11-20T12:00")
COUNTS = st.integers(0, 4)
POLICIES = st.builds(
    Policy, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from([0, HOUR, 9 * DAY])
).filter(lambda policy: policy != Policy())


@st.composite
def histories(draw: st.DrawFn) -> list[Candidate]:
    """Return snapshots of three years, close and far apart, in chains whole, broken and round."""
    ages = draw(
        st.lists(st.integers(0, 40) | st.integers(0, 900) | st.integers(0, 26_000), max_size=16)
    )
    names = [f"s{number}" for number in range(len(ages))]
    parents = st.just("") | st.sampled_from([*names, "lost"])
    return [
        Candidate(name, NOW - age * HOUR, draw(parents), proven=draw(st.booleans()))
        for name, age in zip(names, ages, strict=True)
    ]


def is_whole(snapshot: Candidate, there: Sequence[Candidate]) -> bool:
    known = {candidate.id: candidate for candidate in there}
    for _ in there:
        if not snapshot.parent:
            return True
        if snapshot.parent not in known:
            return False
        snapshot = known[snapshot.parent]
    return False


modest = settings(deadline=None, max_examples=300)


@modest
@given(histories(), POLICIES)
def test_the_newest_proven_one_is_never_removed(history: list[Candidate], policy: Policy) -> None:
    good = [found for found in history if found.proven and is_whole(found, history)]

    left = kept(decide(history, policy, NOW))

    if good:
        newest = max(good, key=lambda found: (found.at, found.id))
        assert "the newest proven one" in left[newest.id]
    else:
        assert len(left) == len(history)


@modest
@given(histories(), POLICIES)
def test_nothing_kept_lacks_what_it_builds_on(history: list[Candidate], policy: Policy) -> None:
    left = kept(decide(history, policy, NOW))
    names = {found.id for found in history}

    assert all(
        found.parent in left for found in history if found.id in left and found.parent in names
    )


@modest
@given(histories(), POLICIES)
def test_deciding_again_removes_nothing_more(history: list[Candidate], policy: Policy) -> None:
    left = kept(decide(history, policy, NOW))

    assert not gone(decide([found for found in history if found.id in left], policy, NOW))


@modest
@given(histories(), POLICIES, POLICIES, st.data())
def test_more_rules_never_remove_more(
    history: list[Candidate], policy: Policy, other: Policy, data: st.DataObject
) -> None:
    ours, theirs = dataclasses.asdict(policy), dataclasses.asdict(other)
    more = Policy(**{rule: max(ours[rule], theirs[rule]) for rule in ours})
    pinned = dict.fromkeys(data.draw(st.lists(st.sampled_from(["s0", "s3", "s7"]))), "pinned")

    assert (
        kept(decide(history, policy, NOW)).keys() <= kept(decide(history, more, NOW, pinned)).keys()
    )


@modest
@given(histories(), POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    history: list[Candidate], policy: Policy, random: Random
) -> None:
    mixed = list(history)
    random.shuffle(mixed)
    decisions = decide(history, policy, NOW)

    assert decide(mixed, policy, NOW) == decisions
    assert removals(decisions, mixed) == removals(decisions, history)


@modest
@given(histories(), POLICIES)
def test_removing_may_stop_anywhere_and_no_chain_is_broken(
    history: list[Candidate], policy: Policy
) -> None:
    decisions = decide(history, policy, NOW)
    order = removals(decisions, history)
    whole = {found.id for found in history if is_whole(found, history)}

    assert set(order) == set(gone(decisions))
    for done in range(len(order) + 1):
        there = [found for found in history if found.id not in order[:done]]
        assert all(is_whole(found, there) for found in there if found.id in whole)


@modest
@given(histories(), POLICIES)
def test_every_decision_has_its_reasons(history: list[Candidate], policy: Policy) -> None:
    decisions = decide(history, policy, NOW)

    assert sorted(decision.id for decision in decisions) == sorted(found.id for found in history)
    assert all(decision.reasons and all(decision.reasons) for decision in decisions)
    times = {found.id: found.at for found in history}
    assert all(times[a.id] >= times[b.id] for a, b in itertools.pairwise(decisions))
