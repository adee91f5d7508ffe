"""Streams that would never end stay open until the drain does; the app closes them in order."""

from collections.abc import Callable

from stage import Stage
from traffic import EVENTS, WEBSOCKET

ENDLESS = 600  # seconds


def test_endless_streams_are_closed_by_the_app(stages: Callable[..., Stage]) -> None:
    streaming = stages(stream=ENDLESS)
    with streaming.scenario("a WebSocket and an event stream that never end") as scenario:
        scenario.ends(scenario.deploy(), 0, "serves")
        scenario.serves(scenario.new)
        ended = streaming.so_far()["shapes"]
        assert ended[WEBSOCKET] == ended[EVENTS] == 1
