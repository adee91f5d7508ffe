import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import Server, Silent

from deploy.engine.base import EDGE, Observation, Replica, Service
from deploy.errors import (
    AccessDenied,
    ComposeError,
    EngineError,
    LockLost,
    NeedsPerson,
    RolledBack,
    SettingsError,
    SlipwayError,
    Unreachable,
)
from deploy.host import Command, Result
from deploy.rollout.deploy import (
    Draft,
    Proposal,
    _check_ports,
    check_wanted,
    choose_release,
    deploy,
    known_pins,
    put,
    recorded_current,
    scaled,
)
from deploy.rollout.plan import Extras
from deploy.rollout.release import Release
from deploy.rollout.run import prunable
from deploy.rollout.steps import Backup, Migrate

WEB = Service("web", "shop/web:1", "d1", replicas=2, rolls=True)


def a_release(name: str, at: float = 1.0, tag: str = "v1", **services: Service) -> Release:
    images = {"postgres:15": "postgres:15@sha256:ab"}
    return Release(name, "shop", "test", "abc", tag, at, "ann", services, images)


def seen_with(*releases: Release, current: str = "", **more: object) -> Observation:
    records = {release.id: json.loads(release.to_json()) for release in releases}
    seen = Observation(0, "", "", "", 0, "", current, records)
    return dataclasses.replace(seen, **more)  # type: ignore[arg-type]


RECORDED = [a_release("r1", 1, "v1"), a_release("r2", 2, "v2"), a_release("r3", 3, "v3")]


# --- ports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "meet"),
    [
        (":80", ":80", True),
        (":80", "127.0.0.1:80", True),
        ("127.0.0.1:80", ":80", True),
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "10.0.0.1:80", False),
        (":80", ":8080", False),
    ],
)
def test_a_port_that_something_else_has(mine: str, theirs: str, *, meet: bool) -> None:
    edge = Service(EDGE, "nginx", "d1", edge=True, publishes=(mine,))
    seen = seen_with(taken=(theirs,))
    if not meet:
        _check_ports("server", {EDGE: edge}, seen)
        return
    with pytest.raises(EngineError, match="which nginx is to publish, is taken there"):
        _check_ports("server", {EDGE: edge}, seen)


# --- a backup at work ----------------------------------------------------------------------------


def test_what_holds_still_for_a_backup_is_not_taken_for_dead() -> None:
    web = Replica("c1", "shop-test-web-1", "web", "d1", "paused")
    check_wanted("server", a_release("r9", web=WEB), seen_with(replicas=(web,)))

    with pytest.raises(EngineError, match="a backup is at work, and holds shop-test-web-1"):
        check_wanted(
            "server", a_release("r9", web=WEB), seen_with(replicas=(web,), still=frozenset(["c1"]))
        )


# --- networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "refused"),
    [({"back": "a1"}, False), ({"back": "b2"}, True), ({}, False), ({"other": "b2"}, False)],
)
def test_a_network_in_use_does_not_change(networks: Mapping[str, str], *, refused: bool) -> None:
    before = dataclasses.replace(a_release("r1"), networks={"back": "a1"})
    wanted = dataclasses.replace(a_release("r2"), networks=networks)
    seen = seen_with(before, current="r1")
    if not refused:
        check_wanted("server", wanted, seen)
        return
    with pytest.raises(ComposeError, match=r"networks.back: it has changed, and Docker cannot"):
        check_wanted("server", wanted, seen)


# --- which release ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "name", "chosen"),
    [("r3", None, "r2"), ("r2", None, "r1"), ("r3", "r1", "r1"), ("r1", "v3", "r3")],
)
def test_the_release_before_or_the_one_that_is_named(
    current: str, name: str | None, chosen: str
) -> None:
    assert choose_release(seen_with(*RECORDED, current=current), name).id == chosen


def test_of_one_tag_the_newest() -> None:
    again = a_release("r4", 4, "v1")

    assert choose_release(seen_with(*RECORDED, again, current="r3"), "v1").id == "r4"


def test_a_release_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="no release 'v9'. recorded are: r3, r2, r1"):
        choose_release(seen_with(*RECORDED, current="r3"), "v9")


@pytest.mark.parametrize("seen", [seen_with(), seen_with(*RECORDED, current="r1")])
def test_nothing_before_the_first(seen: Observation) -> None:
    with pytest.raises(SlipwayError, match="there is no earlier release"):
        choose_release(seen, None)


def test_nothing_deployed_is_an_error() -> None:
    with pytest.raises(SlipwayError, match="nothing is deployed here yet"):
        recorded_current(seen_with())


# --- scale --------------------------------------------------------------------------------------


def test_only_the_number_changes() -> None:
    release = a_release("r1", web=WEB, api=WEB)

    found = scaled(release, {"web": 5})

    assert found.services == {"web": dataclasses.replace(WEB, replicas=5), "api": WEB}
    assert dataclasses.replace(found, services=release.services) == release


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (dataclasses.replace(WEB, rolls=False, why="it publishes a port"), "it publishes a port"),
        (dataclasses.replace(WEB, proxy=True), "one nginx serves at a time"),
    ],
)
def test_what_cannot_be_scaled_says_why(service: Service, message: str) -> None:
    with pytest.raises(SettingsError, match=f"web cannot be scaled: {message}"):
        scaled(a_release("r1", web=service), {"web": 2})


def test_scaling_what_is_not_there() -> None:
    with pytest.raises(SettingsError, match="no service 'wep'. the services are: web"):
        scaled(a_release("r1", web=WEB), {"wep": 2})


# --- pins and pruning ---------------------------------------------------------------------------


def test_digests_stay_those_of_the_current_release_and_of_the_running_edge() -> None:
    edge = Replica("e", "edge-1", EDGE, "d", "running", image="nginx:1.28@sha256:cd")

    pins = known_pins(seen_with(*RECORDED, current="r3", replicas=(edge,)))

    assert pins == {"postgres:15": "postgres:15@sha256:ab", EDGE: "nginx:1.28@sha256:cd"}
    assert known_pins(seen_with()) == {}


@given(st.lists(st.integers(0, 30), unique=True, max_size=12), st.integers(1, 6), st.data())
def test_what_is_pruned_is_never_needed_and_what_stays_is_few(
    times: list[int], keep: int, data: st.DataObject
) -> None:
    recorded = [a_release(f"r{at:02}", at) for at in times]
    names = [release.id for release in recorded]
    current = data.draw(st.sampled_from(["", *names]))
    wanted = data.draw(st.sampled_from([a_release("r99", 99), *recorded]))

    pruned = prunable(seen_with(*recorded, current=current), wanted, keep)

    kept = {*names, wanted.id} - set(pruned)
    assert set(pruned) <= set(names)
    assert {wanted.id} <= kept
    assert not current or current in kept
    assert len(kept) <= max(keep, 2)
    others = sorted(kept - {wanted.id, current})
    assert not pruned or not others or max(set(pruned) - {current}) < min(others)


# --- deploy as a whole, against a server in memory ----------------------------------------------


@dataclass
class Wanted:
    """A blueprint that is already drawn."""

    services: Mapping[str, Service]
    server: Server
    moving: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()

    def draft(self, _seen: Observation, _pins: Mapping[str, str]) -> Draft:
        return Draft(self.server.ship(self.services))


def agree(_proposal: Proposal) -> None:
    pass


def roll(server: Server, services: Mapping[str, Service]) -> bool:
    wanted = Wanted(services, server)
    return deploy(server.target(), wanted, Extras(), Silent(), agree).changed


def test_a_deploy_again_changes_nothing_and_asks_nothing() -> None:
    server = Server()

    assert roll(server, {"web": WEB})
    assert not roll(server, {"web": WEB})
    assert server.serving() == {"web": 2}


def test_a_refusal_changes_nothing() -> None:
    server = Server()

    def refuse(_proposal: Proposal) -> None:
        raise SlipwayError("shop on test", "it was not confirmed")

    with pytest.raises(SlipwayError, match="it was not confirmed"):
        deploy(server.target(), Wanted({"web": WEB}, server), Extras(), Silent(), refuse)

    assert not server.containers
    assert not server.releases


def test_a_release_that_crashes_is_rolled_back_and_not_recorded() -> None:
    server = Server(crash=frozenset({"bad"}))
    roll(server, {"web": WEB})
    current = server.current

    with pytest.raises(RolledBack, match=f"rolled back, release {current} serves") as error:
        roll(server, {"web": dataclasses.replace(WEB, definition="bad")})

    assert error.value.exit_code == 3
    assert server.current == current
    assert {container.definition for container in server.containers} == {"d1"}


def test_what_docker_starts_by_itself_after_a_reboot_is_looked_at_again_and_stays() -> None:
    server = Server()
    roll(server, {"web": WEB})
    first, _ = server.containers
    first.state = "exited"
    plans: list[list[str]] = []

    def agree_while_it_starts(proposal: Proposal) -> None:
        plans.append([step.title for step in proposal.plan.steps])
        first.state = "running"

    wanted = Wanted({"web": WEB}, server)
    deploy(server.target(), wanted, Extras(), Silent(), agree_while_it_starts)

    assert f"remove {first.name}, no longer running" in plans[0]
    assert first in server.containers
    assert server.serving() == {"web": 2}


class Rebooting(Server):
    """Goes down with the first new replica, and brings up what ran only when it is looked at."""

    def _start(self, command: Command) -> Result:
        result = super()._start(command)
        if result.exit_code:
            self.containers[0].state = "exited"
        return result

    def _clear(self, command: Command) -> Result:
        self.containers[0].state = "running"
        return super()._clear(command)


def test_undoing_looks_again_at_what_docker_starts_by_itself() -> None:
    server = Rebooting(crash=frozenset({"bad"}))
    roll(server, {"web": WEB})
    first = server.containers[0]

    with pytest.raises(RolledBack):
        roll(server, {"web": dataclasses.replace(WEB, definition="bad")})

    assert first in server.containers
    assert server.serving() == {"web": 2}


def test_a_first_release_that_crashes_leaves_nothing_running() -> None:
    server = Server(crash=frozenset({"d1"}))

    with pytest.raises(RolledBack, match="rolled back, what it started is gone again"):
        roll(server, {"web": WEB})

    assert not server.containers


def test_a_rollout_that_is_to_pause_leaves_everything_for_a_person_to_see() -> None:
    server = Server(crash=frozenset({"bad"}))
    roll(server, {"web": WEB})
    update = dataclasses.replace(WEB.update, failure_action="pause")

    with pytest.raises(NeedsPerson, match="the rollout pauses, as failure_action says") as error:
        roll(server, {"web": dataclasses.replace(WEB, definition="bad", update=update)})

    assert error.value.exit_code == 4
    assert {container.definition for container in server.containers} == {"d1", "bad"}
    assert server.serving() == {"web": 2}


def test_a_way_back_that_fails_too_needs_a_person() -> None:
    server = Server(crash=frozenset({"bad"}))
    solid = dataclasses.replace(WEB, rolls=False, why="it publishes a port")
    roll(server, {"web": solid})
    server.crash = frozenset({"bad", "d1"})

    with pytest.raises(NeedsPerson, match="putting back what served before failed too"):
        roll(server, {"web": dataclasses.replace(solid, definition="bad")})


@dataclass
class Away(Server):
    """A server that breaks the connection when replicas are stopped; then it answers `later`."""

    later: list[Result | SlipwayError] = field(default_factory=list)
    broken: bool = False

    def answer(self, command: Command) -> Result:
        if command.name == "stop" and self.later and not self.broken:
            self.broken = True
            raise Unreachable("server", "the connection broke")
        if command.name == "catch_up" and self.later:
            found = self.later.pop(0)
            if isinstance(found, SlipwayError):
                raise found
            return found
        return super().answer(command)


@pytest.mark.parametrize(
    "first",
    [
        Result(75, b"", b"still running here"),
        AccessDenied("server", "it refuses the keys of user 'deploy'"),  # as it boots
    ],
    ids=["busy", "booting"],
)
def test_a_step_or_a_server_that_takes_its_time_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, first: Result | SlipwayError
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server = Away()
    roll(server, {"web": WEB})
    current, server.later = server.current, [first]

    with pytest.raises(RolledBack, match=f"the connection broke; rolled back, release {current}"):
        roll(server, {"web": dataclasses.replace(WEB, definition="d2")})

    assert {container.definition for container in server.containers} == {"d1"}


def test_a_run_whose_lock_is_gone_tells_of_its_migration() -> None:
    server = Away()
    roll(server, {"web": WEB})
    server.later = [Result(76, b"", b"ben")]
    wanted = Wanted({"web": dataclasses.replace(WEB, definition="d2")}, server)
    extras = Extras(Migrate("web", ("migrate",), 5.0))

    with pytest.raises(LockLost, match=r"held by ben; the migration has run and is not undone"):
        deploy(server.target(), wanted, extras, Silent(), agree)


def test_a_step_that_never_ends_needs_a_person() -> None:
    server = Away()
    roll(server, {"web": WEB})
    server.later = [Result(75, b"", b"still running here")] * 3

    with pytest.raises(NeedsPerson, match="an earlier step does not end"):
        roll(server, {"web": dataclasses.replace(WEB, definition="d2")})


def test_a_failed_migration_names_the_command_that_puts_the_data_back() -> None:
    server = Server(crash=frozenset({"migration"}))
    roll(server, {"web": WEB})
    wanted = Wanted({"web": dataclasses.replace(WEB, definition="d2")}, server)
    extras = Extras(Migrate("web", ("migrate",), 5.0), Backup(lambda: "20260102T030405Z-3f9a"))

    with pytest.raises(EngineError) as refused:
        deploy(server.target(), wanted, extras, Silent(), agree)

    told = "`inv restore --env test --point 20260102T030405Z-3f9a` puts the data"
    assert told in str(refused.value)


def test_a_failed_migration_changes_nothing() -> None:
    server = Server(crash=frozenset({"migration"}))
    roll(server, {"web": WEB})
    wanted = Wanted({"web": dataclasses.replace(WEB, definition="d2")}, server)
    extras = Extras(Migrate("web", ("migrate",), 5.0))

    with pytest.raises(EngineError, match="migrate .web.: it failed. mend the migration"):
        deploy(server.target(), wanted, extras, Silent(), agree)

    assert {container.definition for container in server.containers} == {"d1"}


def test_a_release_is_put_back_as_it_was_recorded() -> None:
    server = Server()
    roll(server, {"web": WEB})
    first = server.releases[server.current]
    roll(server, {"web": dataclasses.replace(WEB, definition="d2", replicas=3)})

    outcome = put(server.target(), lambda _: first, Silent(), agree, "rollback")

    assert outcome.changed
    assert server.current == first.id
    assert [container.definition for container in server.containers] == ["d1", "d1"]
    assert not put(server.target(), lambda _: first, Silent(), agree, "rollback").changed


def test_a_release_whose_files_are_damaged_is_refused_before_anything_is_asked() -> None:
    server = Server()
    roll(server, {"web": WEB})
    first = server.releases[server.current]
    roll(server, {"web": dataclasses.replace(WEB, definition="d2")})
    server.damaged = True
    asked: list[Proposal] = []

    with pytest.raises(EngineError, match="its files are damaged"):
        put(server.target(), lambda _: first, Silent(), asked.append, "rollback")

    assert asked == []
    assert {container.definition for container in server.containers} == {"d2"}
