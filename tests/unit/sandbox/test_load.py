"""What the load counts as a failure, and what it does not."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from deploy.sandbox.load import Load, Shape

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEPT = Shape("kept", "GET", "/", keep_alive=True, workers=1, pause=0.2)
Serve = Callable[[socket.socket, int], None]


def failures_of(serve: Serve) -> list[str]:
    """Send five requests to a server that serves each connection so; return why some failed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, serve), daemon=True).start()
        load = Load("127.0.0.1", listening.getsockname()[1], "here", (KEPT,), tls=False)
        load.start()
        end = time.monotonic() + 10
        while load.tally.sent["kept"] < 5 and time.monotonic() < end:
            time.sleep(0.01)
        load.stop()
    assert load.tally.sent["kept"] >= 5
    return [str(failure["why"]) for failure in load.tally.failures]


def _accept(listening: socket.socket, serve: Serve) -> None:
    with contextlib.suppress(OSError):
        for number in range(1000):
            connection, _ = listening.accept()
            with connection:
                serve(connection, number)


def test_a_connection_that_was_closed_while_idle_fails_nothing() -> None:
    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(4096)
        connection.sendall(ANSWER)

    assert failures_of(serve) == []


def test_a_connection_that_is_closed_on_a_request_is_a_failure() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(4096)
        if number != 1:
            connection.sendall(ANSWER)

    (why,) = failures_of(serve)
    assert why.startswith("RemoteDisconnected")
