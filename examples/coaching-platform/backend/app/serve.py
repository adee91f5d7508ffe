"""uvicorn, configured to be replaced without a failed request.

On SIGTERM it stops accepting and finishes what is in flight; only what outlives
`shutdown_seconds` is cut.
"""

import uvicorn

from app.main import create_app
from app.settings import get_settings


def serve(port: int = 8000) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = create_app()
    settings = get_settings()
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104 - inside a container that publishes no port
        port=port,
        log_config=None,  # logs.py has configured the root logger
        access_log=False,  # requests.py writes it, without /health
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="*",  # no port is published: only nginx asks for others
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        backlog=2048,
    )
