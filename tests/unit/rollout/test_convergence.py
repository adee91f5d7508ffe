"""From anything that can be found on a server, by any path: the promises of a rollout."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from simulated import Server, Silent
from states import servers, services

from deploy.engine.base import Service
from deploy.errors import SlipwayError
from deploy.rollout.deploy import put
from deploy.rollout.plan import Plan, plan_rollout
from deploy.rollout.release import Release

Services = Mapping[str, Service]


def carry_out(server: Server, plan: Plan, wanted: Services, steps: int | None = None) -> None:
    """Do the first `steps` steps, and see after each of them that everybody is still served."""
    tell(server, wanted, plan)
    for step in server.steps(plan, wanted)[:steps]:
        serving, reached = server.serving(), server.reached()
        step()
        for name, service in wanted.items():
            if service.rolls and plan.changes[name].action != "recreate":
                kept = server.serving().get(name, 0) > 0
                assert kept or not serving.get(name), f"{name} stopped serving"
                kept = not service.upstream or server.reached().get(name, 0) > 0
                assert kept or not reached.get(name), f"nobody reaches {name}"


def tell(server: Server, wanted: Services, plan: Plan) -> None:
    """Note what is found, wanted and planned, in a few lines for the eye."""
    for c in server.containers:
        note(f"found {c.name} {c.definition} {c.state} {c.health} restarts={c.restarts}")
    for name, text in server.upstreams.items():
        note(f"upstream {name} {text.partition(chr(10))[0]}")
    for name, s in wanted.items():
        kind = "rolls" if s.rolls else "stops"
        size = s.update.parallelism
        note(f"wanted {s.replicas} {name} {s.definition} {kind} by {size} needs={s.depends_on}")
    for step in plan.steps:
        note(f"step {step}")


def converge(server: Server, wanted: Services) -> None:
    """Plan and carry out; see that exactly what is wanted runs, and nothing is left to do."""
    carry_out(server, plan_rollout(wanted, server.observe()), wanted)
    assert_converged(server, wanted)


def assert_converged(server: Server, wanted: Services) -> None:
    found: dict[str, list[str]] = {}
    for container in server.containers:
        assert container.serving or wanted[container.service].database, container
        found.setdefault(container.service, []).append(container.definition)
    assert found == {name: [s.definition] * s.replicas for name, s in wanted.items()}
    homes = {c.home for c in server.containers if c.service in {"edge", "nginx"}}
    assert len(homes) <= 1, "nginx lives in the network of an edge that is gone"
    again = plan_rollout(wanted, server.observe())
    assert again.empty, [step.title for step in again.steps]


modest = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@modest
@given(servers(), services())
def test_any_state_converges_and_everybody_is_served_meanwhile(
    server: Server, wanted: dict[str, Service]
) -> None:
    converge(server, wanted)


@modest
@given(servers(), services(), st.integers(0, 12))
def test_interrupted_after_any_step_the_next_run_converges(
    server: Server, wanted: dict[str, Service], steps: int
) -> None:
    carry_out(server, plan_rollout(wanted, server.observe()), wanted, steps)

    converge(server, wanted)


@modest
@given(services(), services(), st.integers(0, 12))
def test_from_any_step_the_way_back_converges(
    old: dict[str, Service], new: dict[str, Service], steps: int
) -> None:
    server = Server()
    converge(server, old)

    carry_out(server, plan_rollout(new, server.observe()), new, steps)

    converge(server, old)


@modest
@given(servers(), services())
def test_a_database_is_left_alone_unless_it_changed_or_is_gone(
    server: Server, wanted: dict[str, Service]
) -> None:
    running = [c for c in server.containers if c.service == "db" and c.state == "running"]
    same = [c for c in running if "db" in wanted and c.definition == wanted["db"].definition]
    plan = plan_rollout(wanted, server.observe())

    carry_out(server, plan, wanted)

    if same:
        assert [c for c in same if c in server.containers]


@modest
@given(services(), services(("d1", "d2", "crashes")))
def test_a_release_that_crashes_gives_way_to_the_one_before(
    old: dict[str, Service], new: dict[str, Service]
) -> None:
    server = Server(crash=frozenset({"crashes"}))
    before, after = server.ship(old), server.ship(new)
    put(server.target(), lambda _: before, Silent(), lambda _: None, "deploy")
    assert_converged(server, old)

    server.wanted, server.leaving = new, frozenset(old.keys() ^ new.keys())
    tell(server, new, plan_rollout(new, server.observe()))
    failure = attempt(server, after)

    if failure is None:
        assert_converged(server, new)
    else:
        assert "crashes" in {service.definition for service in new.values()}
        assert failure.exit_code in {1, 3}, f"{failure} {failure.detail}"
        assert server.current == before.id
        assert_converged(server, old)


def attempt(server: Server, wanted: Release) -> SlipwayError | None:
    try:
        put(server.target(), lambda _: wanted, Silent(), lambda _: None, "deploy")
    except SlipwayError as error:
        return error
    return None
