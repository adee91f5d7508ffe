"""Examines an app on its machine: what is wanted comes from its Compose files."""

import time
from urllib.parse import urlsplit

from deploy.doctor.diagnose import Case
from deploy.doctor.facts import CONTAINER, parse
from deploy.doctor.needs import jobs, needs, published, wanted
from deploy.engine.compose.services import proxy_of
from deploy.host import Script, check
from deploy.wiring.app import App
from deploy.wiring.here import Here

_EXAMINE = Script("deploy.doctor", "examine.sh")
_TIMEOUT = 180.0  # seconds for all of it, where every question waits for its own end
_NONE = "-"


def examine(app: App) -> Case:
    """Return what was seen of `app`, beside what it wants. Raises `HostError`, `ComposeError`."""
    document = wanted(app.document())
    needed = needs(document)
    command = _EXAMINE.command(
        app.project,
        CONTAINER,
        proxy_of(document) or _NONE,
        app.environment.url or _NONE,
        f"{urlsplit(app.environment.url).hostname}:{app.environment.url_port}",
        *(need.argument() for need in needed),
        timeout=_TIMEOUT,
    )
    with app.reach() as target:
        text = check(target.host.name, command, target.host.run(command)).text
    text = app.masked(text)  # logs and health checks say more than they should
    start = "inv up" if isinstance(app, Here) else "inv deploy"
    return Case(
        parse(text),
        tuple(document["services"]),
        needed,
        published(document),
        time.time(),
        jobs(document),
        start,
    )
