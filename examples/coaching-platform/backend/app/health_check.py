"""Whether this app can serve: `python -m app.health_check` prints one JSON document, exits 0 or 1.

Without arguments it asks the server in this container for /health. That is what Docker runs every
few seconds: it costs little, and a server that hangs is found out. With `--direct` it connects to
the four dependencies itself, for a container in which no server runs.

Without Postgres or Redis nobody can log in: unhealthy, 503, exit code 1. Without Ollama or Chroma
only searching and asking fail, and notes wait for the index: degraded, 200, exit code 0. Chroma is
paused for each backup, and a site is not to fall for that.
"""

import argparse
import asyncio
import http.client
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.connections import Connections

ESSENTIAL = ("postgres", "redis")
PROBE_SECONDS = 2.0
ASK_SECONDS = 4.0

Report = dict[str, str]


async def examine(connections: "Connections", version: str) -> Report:
    """Ask all dependencies at once, each for a limited time."""
    probes = {
        "postgres": connections.ping_postgres,
        "redis": connections.ping_redis,
        "chroma": connections.chroma.ping,
        "ollama": connections.ollama.ping,
    }
    results = await asyncio.gather(*(_probe(ping) for ping in probes.values()))
    states = dict(zip(probes, results, strict=True))
    ill = {name for name, state in states.items() if state != "ok"}
    status = "unhealthy" if ill.intersection(ESSENTIAL) else "degraded" if ill else "healthy"
    now = datetime.now(UTC).isoformat()
    return {"status": status, "version": version, "timestamp": now, **states}


async def _probe(ping: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await ping()
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means that it is away
        return f"error: {type(error).__name__}"
    return "ok"


def of_the_server(port: int) -> Report:
    """Return what /health of the server in this container says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/health")
        report: Report = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"status": "unhealthy", "server": f"error: {error}"}
    return report


async def direct() -> Report:
    """Connect to each dependency from here."""
    from app.connections import connect  # noqa: PLC0415 - Docker's checks need none of it
    from app.settings import get_settings  # noqa: PLC0415 - the same

    settings = get_settings()
    async with connect(settings) as connections:
        return await examine(connections, settings.app_version)


def main(arguments: list[str]) -> int:
    """Print a report; return 0 where this app can serve."""
    parser = argparse.ArgumentParser(prog="python -m app.health_check")
    parser.add_argument("--direct", action="store_true", help="do not ask the server")
    parser.add_argument("--port", type=int, default=8000, help="where the server listens")
    asked = parser.parse_args(arguments)
    report = asyncio.run(direct()) if asked.direct else of_the_server(asked.port)
    print(json.dumps(report))
    return int(report.get("status") not in {"healthy", "degraded"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
