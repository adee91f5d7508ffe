"""Traffic for an app under fault: every shape of request, a WebSocket and a stream of events.

Run as a process of its own: `traffic.py ADDRESS PORT HOST SECONDS`, with how long the app is to
keep a stream open. It speaks the protocol of `deploy.sandbox.load`.
"""

import http.client
import socket
import sys
import time
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from deploy.sandbox.load import VERSION_HEADER, Load, LoadProcess, Shape, serve

WEBSOCKET, EVENTS = "WebSocket", "server-sent events"
PAUSE, PATIENCE = 0.1, 10.0  # seconds
SHAPES = (
    Shape("GET, keep-alive", "GET", "/x", keep_alive=True, workers=2, pause=0.1),
    Shape("GET, new connection", "GET", "/x", keep_alive=False, workers=2, pause=0.1),
    Shape("POST, keep-alive", "POST", "/x", keep_alive=True, workers=1, pause=0.1, body=b"ping"),
    Shape("POST, new", "POST", "/x", keep_alive=False, workers=1, pause=0.1, body=b"ping"),
    Shape("GET, 5 seconds", "GET", "/slow?seconds=5", keep_alive=True, workers=2, pause=0.1),
)
REQUESTS = {shape.name for shape in SHAPES}


class Traffic(LoadProcess):
    """Traffic in a process of its own."""

    @classmethod
    def on(cls, address: str, port: int, host: str, stream: float = 4) -> Self:
        """Start it; `stream` says how many seconds a stream is to last."""
        return cls.of([sys.executable, __file__, address, str(port), host, str(stream)])


class Streams(Load):
    """Load with a WebSocket and an event stream that are opened again when they have ended well."""

    seconds = 4.0

    def start(self) -> None:
        super().start()
        self.begin(self._websockets)
        self.begin(self._events)

    def _websockets(self) -> None:
        uri = f"ws://{self.host}/ws?seconds={self.seconds}"
        while not self.over.is_set():
            begun, version = time.time(), ""
            try:
                line = socket.create_connection((self.address, self.port), timeout=PATIENCE)
                with connect(
                    uri, sock=line, open_timeout=PATIENCE, proxy=None, ping_interval=None
                ) as messages:
                    for message in messages:
                        version = str(message, "ascii") if isinstance(message, bytes) else message
                self.tally.good(WEBSOCKET, version)
            except ConnectionClosed as closed:
                if closed.rcvd is None:
                    self.tally.bad(WEBSOCKET, begun, "it was cut without a close frame")
                else:
                    self.tally.good(WEBSOCKET, version)
            except (OSError, WebSocketException) as error:
                self.tally.bad(WEBSOCKET, begun, f"{type(error).__name__}: {error}")
            self.over.wait(PAUSE)

    def _events(self) -> None:
        while not self.over.is_set():
            begun, connection = time.time(), self.connect()
            try:
                connection.request(
                    "GET", f"/events?seconds={self.seconds}", headers={"Host": self.host}
                )
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.tally.bad(EVENTS, begun, f"{type(error).__name__}: {error}")
            else:
                if answer.status == http.HTTPStatus.OK:
                    self.tally.good(EVENTS, answer.getheader(VERSION_HEADER) or "")
                else:
                    self.tally.bad(EVENTS, begun, f"status {answer.status}")
            connection.close()
            self.over.wait(PAUSE)


def main() -> None:
    address, port, host, seconds = sys.argv[1:]
    load = Streams(address, int(port), host, SHAPES, tls=False)
    load.seconds = float(seconds)
    serve(load)


if __name__ == "__main__":
    main()
