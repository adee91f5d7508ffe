"""Any release and any server, for property tests."""

from hypothesis import strategies as st
from simulated import NETWORK, Container, Server

from deploy.engine.base import Service, UpdateConfig, Upstream
from deploy.proxy.upstream import Server as Named
from deploy.proxy.upstream import render_settled, render_switched

ROLLING = ("web", "api", "worker")
STATES = ("running", "running", "running", "exited", "created", "restarting")
UPSTREAM = Upstream(80, NETWORK)
OPTIONS = {"port": 80, "balance": "", "keepalive": 32}


@st.composite
def services(draw: st.DrawFn, definitions: tuple[str, ...] = ("d1", "d2")) -> dict[str, Service]:
    """Any release: some services that roll, some that cannot, a database, nginx with its edge."""
    proxied = draw(st.booleans())
    definition = st.sampled_from(definitions)
    found = {}
    for name in draw(st.sets(st.sampled_from(ROLLING), min_size=1)):
        rolls = draw(st.booleans())
        found[name] = Service(
            name,
            "image",
            draw(definition),
            replicas=draw(st.integers(1, 4)),
            rolls=rolls,
            why="" if rolls else "its order is not start-first",
            update=UpdateConfig(start_first=rolls, parallelism=draw(st.integers(0, 3))),
            depends_on=tuple(draw(st.sets(st.sampled_from([*ROLLING, "db"])))),
            upstream=UPSTREAM if proxied and name != "worker" else None,
        )
    if draw(st.booleans()):
        found["db"] = Service("db", "postgres", draw(definition), why="a", database=True)
    if proxied:
        rolls = draw(st.booleans())
        found["edge"] = Service("edge", "nginx", draw(definition), why="ports", edge=True)
        found["nginx"] = Service(
            "nginx", "nginx", draw(definition), proxy=True, rolls=rolls, why="" if rolls else "a"
        )
    return found


@st.composite
def servers(draw: st.DrawFn) -> Server:
    """Anything that can be found: replicas of any definition and state, any upstream files."""
    server = Server()
    edge = draw(st.booleans())
    most = {"edge": int(edge), "nginx": 2 * edge, "db": 2}
    for name in (*ROLLING, "db", "edge", "nginx", "gone"):
        numbers = draw(st.sets(st.integers(1, 6), max_size=most.get(name, 4)))
        for number in sorted(numbers):
            server.containers.append(
                Container(
                    f"c{len(server.containers)}",
                    name,
                    number,
                    draw(st.sampled_from(["d1", "d2", "d3"])),
                    draw(st.sampled_from(STATES)),
                    draw(st.sampled_from(["healthy", "", "starting", "unhealthy"])),
                    draw(st.integers(0, 1)),
                    "net1" if name in {"edge", "nginx"} else "",
                )
            )
    for name in ("web", "api", "gone"):
        there = [c for c in server.containers if c.service == name and c.state == "running"]
        named = draw(st.lists(st.sampled_from(there), unique=True)) if there else []
        seen = [Named(container.name, container.address) for container in named]
        kind = draw(st.sampled_from(["", "settled", "switched"]))
        if named and kind == "settled":
            names = [server.name for server in seen]
            server.upstreams[f"{name}"] = render_settled(name, OPTIONS, names)
        elif named and kind:
            cut = draw(st.integers(1, len(seen)))
            server.upstreams[name] = render_switched(name, OPTIONS, seen[:cut], seen[cut:])
    return server
