"""build, push: images of this checkout."""

from typing import Any

from deploy.tasks.base import APP_HELP, PLACE_HELP, task

TAG_HELP = "image tag (default: the git revision)"
SERVICE_HELP = "only this service (default: all that have a build section)"


@task(help={"env": PLACE_HELP, "app": APP_HELP, "tag": TAG_HELP, "service": SERVICE_HELP})
def build(
    _c: Any,
    env: str = "",
    app: str = "",
    tag: str = "",
    service: str = "",
) -> None:
    """Build the images of an app."""
    _compose(env, app, tag, service, "build")


@task(help={"env": PLACE_HELP, "app": APP_HELP, "tag": TAG_HELP, "service": SERVICE_HELP})
def push(
    _c: Any,
    env: str = "",
    app: str = "",
    tag: str = "",
    service: str = "",
) -> None:
    """Push the images of an app to their registry."""
    _compose(env, app, tag, service, "push")


def _compose(env: str, app: str, tag: str, service: str, verb: str) -> None:
    import time

    from deploy.errors import SettingsError
    from deploy.host import check
    from deploy.tasks import show
    from deploy.wiring import open_there_or_here, uncommitted

    opened = open_there_or_here(app, env)
    blueprint = opened.blueprint(tag or None)
    built = blueprint.built
    if service and service not in built:
        known = f"these have: {', '.join(built)}" if built else "add one to the Compose file"
        raise SettingsError("--service", f"{service!r} has no build section", known)
    out = show.console()
    if not built:
        out.print(f"nothing to {verb}: no service has a build section")
        return
    if not tag and uncommitted(opened.checkout):
        out.print(
            f"note: uncommitted changes go into tag {blueprint.tag}; commit them, or name a --tag",
            style="yellow",
        )
    host = opened.builder(blueprint.tag, built)
    names = [service] if service else list(built)
    command = opened.compose(verb, *(["--quiet"] if verb == "push" else []), *names)
    progress = show.Progress(out)
    begun = time.monotonic()
    progress.begin(f"{verb} {', '.join(names)}")
    result = host.run(command, watch=None)
    title = f"{verb} {', '.join(built[name] for name in names)}"
    progress.end(title, time.monotonic() - begun, ok=result.ok)
    check(f"{verb} {opened.settings.app}", command, result)
