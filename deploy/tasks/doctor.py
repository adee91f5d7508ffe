"""doctor: the usual causes, looked for one after another."""

from typing import Any

from deploy.tasks.base import APP_HELP, JSON_HELP, PLACE_HELP, task

_LOOKED_AT = (
    "Docker, disk, memory, clock, ports, containers, health checks, databases, names, certificate,"
    " nginx"
)


@task(help={"env": PLACE_HELP, "app": APP_HELP, "json": JSON_HELP})
def doctor(_c: Any, env: str = "", app: str = "", json: bool = False) -> None:
    """Look for the usual causes of trouble, and say what to do."""
    import dataclasses
    import json as jsonlib

    from invoke.exceptions import Exit

    from deploy.doctor.diagnose import diagnose
    from deploy.tasks import show
    from deploy.wiring import open_there_or_here
    from deploy.wiring.doctor import examine

    opened = open_there_or_here(app, env)
    found = diagnose(examine(opened))
    if json:
        print(jsonlib.dumps([dataclasses.asdict(finding) for finding in found]))
    else:
        show.show_findings(show.console(), found, opened.where, _LOOKED_AT)
    if any(finding.pressing for finding in found):
        raise Exit(code=1)
