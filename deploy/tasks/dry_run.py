"""--dry-run: the plan, and the commands of its steps, against a host that only remembers."""

import dataclasses

from rich.console import Console

from deploy.engine.compose.imagined import imagine
from deploy.host import Run
from deploy.host.recording import RecordingHost
from deploy.rollout.deploy import Proposal, check_wanted, known_pins
from deploy.rollout.plan import plan_rollout
from deploy.rollout.run import Target
from deploy.rollout.site import Site
from deploy.tasks import show
from deploy.wiring import App, ComposeBlueprint


def rehearse(
    out: Console, app: App, blueprint: ComposeBlueprint, target: Target, where: str
) -> None:
    """Observe for real, then show what a deploy would do."""
    seen = target.engine.observe()
    pins = known_pins(seen)
    draft = blueprint.draft(seen, pins)
    check_wanted(target.host.name, draft.release, seen)
    extras = app.extras()
    plan = plan_rollout(draft.release.services, seen, extras, target.drain)
    pulls = tuple(sorted((blueprint.images - set(pins)) | blueprint.moving))
    show.show_proposal(out, Proposal(draft.release, plan, pulls, seen, extras), where)
    host = RecordingHost(target.host.name, imagine)
    dry = app.target(host)
    run = Run(target.root, "dry-run")
    site = Site(
        dry.engine, dry.proxy, run, draft.release.id, draft.release.services, lambda _: None
    )
    site.learn(seen.replicas)
    for step in plan.steps:
        dataclasses.replace(step).do(site)  # type: ignore[type-var]  # every step is a dataclass
    out.print("commands:", style="bold")
    for command in host.commands:
        arguments = " ".join(argument for argument in command.argv[4:] if "{{" not in argument)
        out.print(f"  {command.name} {arguments}", markup=False)
    out.print("dry run: nothing was changed")
