"""The line to the machine that ordered the job: JSON, a line each, in both directions."""

import json
import os
import threading
import time
from typing import Any, TextIO

GONE = 70  # how the pump ends when nobody listens any more
SILENCE = 120.0  # seconds without a word from the other side until it counts as gone


class Channel:
    """Tells what happens, and asks for URLs.

    When the other side is gone the whole process ends at once, and with it, as it is the first one
    of its container, all that it started.
    """

    def __init__(self, orders: TextIO, events: TextIO) -> None:
        self._orders, self._events = orders, events
        self._writing = threading.Lock()
        self._urls: dict[str, str] = {}
        self._came = threading.Condition()
        self._heard = 0.0

    def job(self) -> dict[str, Any]:
        """Return what is to be done, and listen from now on."""
        line = self._orders.readline()
        if not line:
            os._exit(GONE)
        self._heard = time.monotonic()
        for work in (self._listen, self._watch):
            threading.Thread(target=work, daemon=True).start()
        return dict(json.loads(line))

    def tell(self, **event: object) -> None:
        """Say what happened."""
        with self._writing:
            try:
                self._events.write(json.dumps(event) + "\n")
                self._events.flush()
            except OSError:
                os._exit(GONE)

    def url(self, name: str, *, stale: str = "") -> str:
        """Return the URL called `name`; with `stale`, one that is not that one any more."""
        with self._came:
            if stale and self._urls.get(name) == stale:
                del self._urls[name]
            if name not in self._urls:
                self.tell(want=name)
            self._came.wait_for(lambda: name in self._urls)
            return self._urls[name]

    def forget(self, name: str) -> None:
        """Let go of a URL that was used."""
        with self._came:
            self._urls.pop(name, None)

    def _listen(self) -> None:
        for line in self._orders:
            self._heard = time.monotonic()
            with self._came:
                self._urls.update(json.loads(line)["urls"])
                self._came.notify_all()
        os._exit(GONE)

    def _watch(self) -> None:
        while time.monotonic() - self._heard < SILENCE:
            time.sleep(SILENCE / 10)
        os._exit(GONE)
