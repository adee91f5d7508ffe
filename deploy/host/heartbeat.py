"""Signs of life for a script that ends where nobody needs it any more."""

import threading

from deploy.host.base import Process


class Heartbeat:
    """Sends an empty line to `process` every so many seconds, until `stop`."""

    def __init__(self, process: Process, seconds: float) -> None:
        self._process, self._seconds = process, seconds
        self._over = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def stop(self) -> None:
        """Send no more."""
        self._over.set()

    def _beat(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError):
                return
