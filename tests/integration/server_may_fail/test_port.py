"""A port that something else has is seen before what serves is stopped for it."""

from collections.abc import Iterator

import pytest
from stage import Stage, wait_until


@pytest.fixture
def taken(stage: Stage) -> Iterator[int]:
    """A port of the server that somebody else's container publishes."""
    port, neighbour = stage.port + 1, f"{stage.app}-neighbour"
    stage.on_server(f"docker run --detach --name {neighbour} --publish {port}:6379 redis:7")
    try:
        wait_until(lambda: f":{port:04X} " in stage.on_server("cat /proc/net/tcp"))
        yield port
    finally:
        stage.on_server(f"docker rm --force --volumes {neighbour}")


def test_taken(stage: Stage, taken: int) -> None:
    with stage.scenario("the port that nginx is to publish is taken") as scenario:
        ended = scenario.deploy(PORT=f"{taken}:80")
        scenario.ends(ended, 1, f"port {taken}, which nginx is to publish, is taken", "ss -ltnp")
        scenario.serves(scenario.old)
        scenario.status(f"tag {scenario.old}")
