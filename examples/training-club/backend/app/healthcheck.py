"""Docker's health check: `python -m app.healthcheck`. What it prints is Docker's health log."""

import http.client
import sys

TIMEOUT_SECONDS = 2.5


def check(port: int = 8000) -> int:
    """Return 0 when /api/health answers 200, else 1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/api/health")
        response = connection.getresponse()
        print(response.status, response.read(500).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        print(f"127.0.0.1:{port}/api/health: {error}")
        return 1
    return int(response.status != http.client.OK)


if __name__ == "__main__":
    sys.exit(check())
