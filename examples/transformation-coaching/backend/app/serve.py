"""uvicorn, configured to be replaced without a failed request.

On SIGTERM it stops accepting, finishes what is in flight, closes WebSockets with 1012 and ends
event streams; only what outlives `shutdown_seconds` is cut.
"""

from types import FrameType

import uvicorn
from fastapi import FastAPI

from app import broken
from app.main import create_app
from app.settings import Settings, get_settings


class Server(uvicorn.Server):
    """A server that also tells the app's open streams that it stops."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.fastapi = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        stopping = getattr(self.fastapi.state, "stopping", None)
        if stopping is not None:
            stopping.set()  # runs between two steps of the loop: uvicorn's own tick wakes it


def configuration(app: FastAPI, settings: Settings, port: int) -> uvicorn.Config:
    """Return the configuration, each value beside the reason for it."""
    return uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - inside a container that publishes no port
        port=port,
        log_config=None,  # logs.py has configured the root logger
        access_log=False,  # requests.py writes it, without /health
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="*",  # only nginx reaches this port: the network is internal
        ws="websockets-sansio",
        ws_ping_interval=20,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        backlog=2048,
    )


def serve(port: int = 8000) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = get_settings()
    app = create_app()
    broken.at_start(settings.broken)
    Server(configuration(app, settings, port), app).run()
