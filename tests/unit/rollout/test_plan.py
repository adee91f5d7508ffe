"""What is done in which order, and what is said about it."""

import dataclasses
from collections.abc import Mapping

import pytest
from simulated import NETWORK, Container, Server

from deploy.engine.base import Service, UpdateConfig, Upstream
from deploy.proxy.upstream import render_settled
from deploy.rollout.difference import Action, compare
from deploy.rollout.plan import Extras, Plan, plan_rollout
from deploy.rollout.steps import Backup, Migrate, Start, Switch

OPTIONS = {"port": 80, "balance": "", "keepalive": 32}
GONE = "stop app-test-api-1, app-test-api-2"
MIGRATE = Migrate("web", ("alembic", "upgrade", "head"), 300.0)


def web(definition: str = "d1", replicas: int = 2, name: str = "web", **more: object) -> Service:
    service = Service(name, f"shop/{name}", definition, replicas, rolls=True)
    upstream = Upstream(80, NETWORK)
    return dataclasses.replace(service, upstream=upstream, **more)  # type: ignore[arg-type]


DB = Service("db", "postgres", "d1", why="its order is not start-first", database=True)
EDGE = Service("edge", "nginx", "d1", why="it owns the ports", edge=True)
NGINX = Service("nginx", "nginx", "d1", proxy=True, rolls=True)
SHOP = {"web": web(depends_on=("db",)), "db": DB, "edge": EDGE, "nginx": NGINX}


def running(services: Mapping[str, Service]) -> Server:
    server = Server()
    for service in services.values():
        for number in range(1, service.replicas + 1):
            name = f"c{len(server.containers)}"
            server.containers.append(
                Container(name, service.name, number, service.definition, home="net1")
            )
    for service in services.values():
        if service.upstream:
            names = [c.name for c in server.containers if c.service == service.name]
            server.upstreams[service.name] = render_settled(service.name, OPTIONS, names)
    return server


def titles(plan: Plan) -> list[str]:
    return [step.title for step in plan.steps]


def test_nothing_changed_nothing_to_do() -> None:
    assert plan_rollout(SHOP, running(SHOP).observe()).empty


def test_a_first_deploy() -> None:
    plan = plan_rollout(SHOP, Server().observe(), Extras(MIGRATE))

    assert titles(plan) == [
        "start 1 db and wait until healthy",
        "migrate: alembic upgrade head (once, in a new web container)",
        "start 1 web and wait until healthy",
        "watch web for 5 s",
        "start 2 web and wait until healthy",
        "watch web for 5 s",
        "switch nginx to web",
        "start 1 edge and wait until healthy",
        "start 1 nginx and wait until healthy",
        "watch nginx for 5 s",
        "settle nginx on the names of web",
    ]
    assert (plan.interrupts, plan.data) == ((), ())


def test_a_service_that_nginx_sends_to_goes_after_a_rehearsal() -> None:
    before = {**SHOP, "api": web(name="api")}

    plan = plan_rollout(SHOP, running(before).observe(), Extras())
    assert titles(plan) == ["rehearse the new nginx", GONE]

    back = plan_rollout(SHOP, running(before).observe())
    assert titles(back) == [GONE]


def test_a_new_version_all_at_once() -> None:
    update = UpdateConfig(start_first=True, parallelism=0)
    wanted = {**SHOP, "web": web("d2", update=update)}

    plan = plan_rollout(wanted, running(SHOP).observe(), Extras(MIGRATE))

    assert titles(plan) == [
        "migrate: alembic upgrade head (once, in a new web container)",
        "start 2 web and wait until healthy",
        "switch nginx to web",
        "watch web for 5 s",
        "drain the old web",
        "stop app-test-web-1, app-test-web-2",
    ]


def test_new_replicas_of_a_run_that_died_are_awaited_before_traffic_moves() -> None:
    server = running(SHOP)
    new = [Container(f"n{n}", "web", n, "d2", health="starting") for n in (3, 4)]
    server.containers += new

    wanted = web("d2", depends_on=("db",), update=UpdateConfig(parallelism=0))
    plan = plan_rollout({**SHOP, "web": wanted}, server.observe())

    assert titles(plan) == [
        "start 2 web and wait until healthy",
        "switch nginx to web",
        "watch web for 5 s",
        "drain the old web",
        "stop app-test-web-1, app-test-web-2",
    ]


def test_a_service_without_replicas_is_nothing_to_do() -> None:
    worker = Service("worker", "shop/worker", "d1", 0, rolls=True)

    assert plan_rollout({**SHOP, "worker": worker}, running(SHOP).observe()).empty


def test_a_service_goes_down_to_no_replicas() -> None:
    old = Service("worker", "shop/worker", "d1", 2, rolls=True)
    none = dataclasses.replace(old, replicas=0, update=UpdateConfig(parallelism=0))
    plan = plan_rollout({"worker": none}, running({"worker": old}).observe())

    assert titles(plan) == ["stop app-test-worker-1, app-test-worker-2"]


def test_a_new_version_one_by_one_with_a_pause() -> None:
    update = UpdateConfig(start_first=True, parallelism=1, delay=10, monitor=3)
    wanted = {**SHOP, "web": web("d2", update=update)}

    plan = plan_rollout(wanted, running(SHOP).observe())

    assert titles(plan) == [
        "start 1 web and wait until healthy",
        "switch nginx to web",
        "watch web for 3 s",
        "drain the old web",
        "stop app-test-web-1",
        "wait 10 s before the next batch",
        "start 2 web and wait until healthy",
        "switch nginx to web",
        "watch web for 3 s",
        "drain the old web",
        "stop app-test-web-2",
    ]


def test_fewer_replicas_leave_nginx_before_they_stop() -> None:
    plan = plan_rollout({**SHOP, "web": web(replicas=1)}, running(SHOP).observe())

    assert titles(plan) == [
        "switch nginx to web",
        "drain the old web",
        "stop app-test-web-2",
    ]


def test_a_new_upstream_is_introduced_before_nginx_is_asked_about_it() -> None:
    update = UpdateConfig(start_first=True, parallelism=0)
    api = web(name="api", replicas=1, depends_on=("web",))
    wanted = {**SHOP, "web": web("d2", update=update), "api": api}

    plan = plan_rollout(wanted, running(SHOP).observe())

    order = titles(plan)
    assert order.index("tell nginx that api will come") < order.index("switch nginx to web")
    assert order.index("switch nginx to web") < order.index("start 1 api and wait until healthy")


def test_a_new_nginx_stands_beside_the_old_one() -> None:
    wanted = {**SHOP, "nginx": dataclasses.replace(NGINX, definition="d2")}

    plan = plan_rollout(wanted, running(SHOP).observe())

    assert titles(plan) == [
        "rehearse the new nginx",
        "start 1 nginx and wait until healthy",
        "watch nginx for 5 s",
        "stop app-test-nginx-1",
        "prove nginx once more",
        "settle nginx on the names of web",
    ]
    assert plan.interrupts == ()


def test_a_new_edge_takes_nginx_along_and_says_so() -> None:
    wanted = {**SHOP, "edge": dataclasses.replace(EDGE, definition="d2")}

    plan = plan_rollout(wanted, running(SHOP).observe())

    assert titles(plan)[:2] == [
        "rehearse the new nginx",
        "recreate 1 edge, 1 nginx and wait until healthy",
    ]
    assert "edge is recreated, which interrupts it: it owns the ports" in plan.interrupts


def test_a_changed_database_is_recreated_last_and_needs_a_word() -> None:
    wanted = {**SHOP, "web": web("d2"), "db": dataclasses.replace(DB, definition="d2")}

    plan = plan_rollout(wanted, running(SHOP).observe())

    assert titles(plan)[-1] == "recreate 1 db and wait until healthy"
    assert plan.data == ("db",)


def test_a_removed_database_needs_a_word_and_keeps_its_volumes() -> None:
    server = running(SHOP)
    release = server.ship(SHOP)
    server.releases[release.id], server.current = release, release.id

    plan = plan_rollout({k: v for k, v in SHOP.items() if k != "db"}, server.observe())

    assert titles(plan) == ["stop app-test-db-1"]
    assert plan.steps[-1].keep_volumes  # type: ignore[attr-defined]
    assert plan.data == ("db",)
    assert plan.interrupts == ("db is removed: it is not in the Compose file (its volumes stay)",)


def test_an_unhealthy_database_is_left_alone() -> None:
    server = running(SHOP)
    next(c for c in server.containers if c.service == "db").health = "unhealthy"

    assert plan_rollout(SHOP, server.observe()).empty


def test_a_stopped_database_is_started_again_and_not_recreated() -> None:
    server = running(SHOP)
    next(c for c in server.containers if c.service == "db").state = "exited"

    plan = plan_rollout(SHOP, server.observe())

    assert titles(plan) == ["start 1 db and wait until healthy"]
    assert not plan.steps[0].recreate  # type: ignore[attr-defined]
    assert plan.data == ()


def test_a_backup_comes_before_the_migration_and_a_rollback_has_neither() -> None:
    seen = dataclasses.replace(running(SHOP).observe(), current="r1")
    wanted = {**SHOP, "web": web("d2")}
    extras = Extras(MIGRATE, Backup(lambda: "s1"))

    assert titles(plan_rollout(wanted, seen, extras))[:2] == [
        "back up",
        "migrate: alembic upgrade head (once, in a new web container)",
    ]
    assert titles(plan_rollout(wanted, seen))[0].startswith("start")


def test_no_backup_where_nothing_was_deployed_or_nothing_changes() -> None:
    extras = Extras(None, Backup(lambda: "s1"))
    seen = dataclasses.replace(running(SHOP).observe(), current="r1")

    assert "back up" not in titles(plan_rollout(SHOP, Server().observe(), extras))
    assert "back up" not in titles(plan_rollout(SHOP, seen, extras))


def test_no_migration_where_its_service_does_not_change() -> None:
    wanted = {**SHOP, "nginx": dataclasses.replace(NGINX, definition="d2")}

    assert MIGRATE not in plan_rollout(wanted, running(SHOP).observe(), Extras(MIGRATE)).steps


def test_services_that_need_each_other_do_not_wait_for_ever() -> None:
    one, two = web(name="one", depends_on=("two",)), web(name="two", depends_on=("one",))

    plan = plan_rollout({"one": one, "two": two}, Server().observe())

    (first, *_) = [step for step in plan.steps if isinstance(step, Start)]
    assert sorted(first.services) == ["one", "two"]


def test_what_is_needed_comes_up_first() -> None:
    wanted = {
        name: web(name=name, replicas=1, depends_on=needs)
        for name, needs in {"a": ("b",), "b": ("c",), "c": (), "d": ()}.items()
    }

    plan = plan_rollout(wanted, Server().observe())

    starts = [sorted(step.services) for step in plan.steps if isinstance(step, Start)]
    assert starts == [["c", "d"], ["b"], ["a"]]


@pytest.mark.parametrize(
    ("update", "replicas", "tolerated"),
    [
        (UpdateConfig(parallelism=0), 4, 0),
        (UpdateConfig(parallelism=0, max_failure_ratio=0.5), 4, 2),
        (UpdateConfig(parallelism=0, max_failure_ratio=1.0), 4, 3),
        (UpdateConfig(parallelism=0, failure_action="continue"), 4, 3),
        (UpdateConfig(parallelism=0, failure_action="continue"), 1, 0),
    ],
)
def test_how_many_may_fail(update: UpdateConfig, replicas: int, tolerated: int) -> None:
    plan = plan_rollout({"web": web(replicas=replicas, update=update)}, Server().observe())

    start = plan.steps[0]
    assert isinstance(start, Start)
    assert start.scales[0].tolerated == tolerated


def test_why_each_service_changes() -> None:
    server = running({"web": web(), "gone": web(name="gone"), "ill": web(name="ill"), "db": DB})
    for container in server.containers:
        if container.service == "ill":
            container.health = "unhealthy"
    wanted = {"web": web(replicas=3), "ill": web(name="ill"), "db": DB, "new": web(name="new")}

    changes = compare(wanted, server.observe())

    assert {name: (c.action, c.reason) for name, c in changes.items()} == {
        "web": (Action.SCALE, "2 run, 3 are wanted"),
        "ill": (Action.ROLL, "a replica is unhealthy"),
        "db": (Action.KEEP, "nothing changed"),
        "new": (Action.CREATE, "it is not running"),
        "gone": (Action.REMOVE, "it is not in the Compose file"),
    }


def test_a_switch_alone_is_planned_where_nginx_names_others() -> None:
    server = running(SHOP)
    server.upstreams["web"] = render_settled("web", OPTIONS, ["app-test-web-1"])

    plan = plan_rollout(SHOP, server.observe())

    assert isinstance(plan.steps[0], Switch)
    assert len(plan.steps) == 2


def test_a_batch_that_starts_nothing_takes_what_it_stops_out_of_nginx_too() -> None:
    server = running({**SHOP, "web": web("d1", replicas=3)})
    server.containers.append(Container("c9", "web", 4, "d2"))
    server.upstreams["web"] = render_settled("web", OPTIONS, ["app-test-web-4"])
    wanted = {**SHOP, "web": web("d2")}

    for step in server.steps(plan_rollout(wanted, server.observe()), wanted):
        step()  # the server complains where it stops what nginx names

    assert server.serving()["web"] == 2


def test_scaling_down_is_one_batch_where_all_go_at_once() -> None:
    update = UpdateConfig(start_first=True, parallelism=0)
    many = {**SHOP, "web": web(replicas=3, depends_on=("db",), update=update)}
    few = {**SHOP, "web": web(replicas=1, depends_on=("db",), update=update)}

    plan = plan_rollout(few, running(many).observe())

    assert [type(step).__name__ for step in plan.steps] == ["Switch", "Drain", "Stop"]
