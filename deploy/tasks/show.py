"""How runs, plans and states look on a terminal, in a pipe, and as JSON."""

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from deploy.doctor.diagnose import Finding
from deploy.engine.base import Observation
from deploy.errors import SettingsError, SlipwayError
from deploy.proxy.nginx import Answer
from deploy.rollout.deploy import Confirm, Outcome, Proposal
from deploy.rollout.difference import Action
from deploy.rollout.journal import clock
from deploy.rollout.release import Release, current_release
from deploy.rollout.verdict import findings, headline, what_was_found

_SIGNS = {
    Action.CREATE: "+",
    Action.ROLL: "~",
    Action.SCALE: "±",
    Action.SETTLE: "~",
    Action.RECREATE: "!",
    Action.REMOVE: "-",
    Action.KEEP: "=",
}


def console(*, quiet: bool = False) -> Console:
    """Return the console: standard output, or standard error where that is for JSON."""
    return Console(stderr=quiet, highlight=False, soft_wrap=True)


def warn(line: str) -> None:
    """Print what went wrong and ends nothing, on standard error."""
    print(f"warning: {line}", file=sys.stderr)


class Progress:
    """Tells a run step by step: a spinner on a terminal, plain lines in a pipe."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._status = out.status("") if out.is_terminal else None

    def begin(self, title: str) -> None:
        """Say that a step begins."""
        if self._status:
            self._status.update(title)
            self._status.start()

    def say(self, line: str) -> None:
        """Pass on a line of a step's output."""
        if line.strip():
            self._out.print(f"      {line}", style="dim", markup=False)

    def end(self, title: str, seconds: float, *, ok: bool) -> None:
        """Say how a step ended."""
        if self._status:
            self._status.stop()
        mark, style = ("done", "green") if ok else ("FAILED", "bold red")
        self._out.print(f"{seconds:7.1f} s  [{style}]{mark}[/]  ", end="")
        self._out.print(title, markup=False)

    def note(self, text: str) -> None:
        """Say something between steps."""
        self._out.print(f"         {text}", style="yellow", markup=False)


def show_proposal(out: Console, proposal: Proposal, where: str) -> None:
    """Print what is about to happen."""
    release = proposal.release
    out.print(f"[bold]{where}[/]: release {release.id}, tag {release.tag}", highlight=False)
    found = what_was_found(proposal.seen, release.services, current_release(proposal.seen))
    if found:
        out.print(f"found: {found}", style="yellow", markup=False)
    for change in proposal.plan.changes.values():
        if change.action == Action.KEEP:
            continue
        out.print(
            f"  {_SIGNS[change.action]} {change.action} {change.name}: {change.reason}",
            markup=False,
        )
    kept = [c.name for c in proposal.plan.changes.values() if c.action == Action.KEEP]
    if kept:
        out.print(f"  = untouched: {', '.join(kept)}", style="dim", markup=False)
    for interruption in proposal.plan.interrupts:
        out.print(f"  ! {interruption}", style="bold yellow", markup=False)
    out.print("steps:", style="bold")
    titles = [step.title for step in proposal.plan.steps]
    if proposal.pulls:
        titles.insert(0, f"pull {', '.join(proposal.pulls)}")
    for number, title in enumerate([*titles, "record the release"], 1):
        out.print(f"  {number:2}. {title}", markup=False)


def confirmation(
    out: Console, where: str, *, asks: bool, yes: bool, recreate: Sequence[str]
) -> Confirm:
    """Return what shows a proposal and asks what needs asking."""

    def confirm_it(proposal: Proposal) -> None:
        show_proposal(out, proposal, where)
        confirm_proposal(proposal, asks=asks, yes=yes, recreate=recreate, where=where)

    return confirm_it


def confirm_proposal(
    proposal: Proposal, *, asks: bool, yes: bool, recreate: Sequence[str], where: str
) -> None:
    """Ask what needs asking. Raises `SlipwayError` where the answer is no, or nobody can answer."""
    for name in proposal.plan.data:
        if name not in recreate and not _answer(
            f"{name} holds data; touch it? Type its name: ", name
        ):
            raise SlipwayError(
                name,
                "it holds data, and this deploy would recreate or remove it",
                f"if that is meant, say so: `--recreate {name}`; its volumes stay",
            )
    confirm(where, asks=asks, yes=yes)


def confirm(where: str, *, asks: bool, yes: bool) -> None:
    """Ask whether to go ahead, where the environment wants it. Raises `SlipwayError`."""
    if asks and not yes and not agreed(f"Go ahead on {where}? Type yes: "):
        raise SlipwayError(where, "it was not confirmed", "type yes, or give --yes in a script")


def agreed(question: str) -> bool:
    """Return whether somebody at a terminal types yes."""
    return _answer(question, "yes")


def _answer(question: str, wanted: str) -> bool:
    if not sys.stdin.isatty():
        return False
    try:
        return input(question).strip() == wanted
    except EOFError:
        return False


def show_outcome(out: Console, outcome: Outcome, where: str, *, as_json: bool) -> None:
    """Print how it ended."""
    release = outcome.release
    if as_json:
        print(
            json.dumps(
                {
                    "changed": outcome.changed,
                    "release": release.id,
                    "tag": release.tag,
                    "steps": [{"step": t, "seconds": round(s, 3)} for t, s in outcome.timings],
                }
            )
        )
        return
    if not outcome.changed:
        out.print(f"{where}: nothing to do, release {release.id} (tag {release.tag}) serves")
        return
    seconds = sum(seconds for _, seconds in outcome.timings)
    out.print(f"[bold green]{where}: release {release.id} (tag {release.tag}) serves[/]", end="")
    out.print(f" after {seconds:.1f} s")


def show_releases(out: Console, releases: Sequence[Release], current: str) -> None:
    """Print the recorded releases, newest first."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "release", "tag", "made", "by", "backup"):
        table.add_column(heading)
    for release in releases:
        made = clock(release.created_at)
        mark = "->" if release.id == current else ""
        table.add_row(
            mark, release.id, release.tag, made, release.created_by, release.backup or "none"
        )
    out.print(table)


def show_status(
    out: Console,
    seen: Observation,
    release: Release | None,
    answer: Answer | None,
    where: str,
    backup: str = "",
) -> None:
    """Print what runs, in words that a person on call at night understands."""
    style = "bold" if answer is None or answer.ok else "bold red"
    out.print(headline(where, release, answer), style=style, markup=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "runs", "wanted", "state"):
        table.add_column(heading)
    names = sorted({*(release.services if release else ()), *(r.service for r in seen.replicas)})
    for name in names:
        table.add_row(name, *_service_row(seen, release, name))
    out.print(table)
    for line in findings(seen, release):
        out.print(line, style="yellow", markup=False)
    if backup:
        out.print(f"backup: {backup}", markup=False)
    out.print(
        f"Docker {seen.docker}, Compose {seen.compose}, {seen.disk_free / 2**30:.1f} GiB free",
        style="dim",
    )


def show_findings(out: Console, found: Sequence[Finding], where: str, looked_at: str) -> None:
    """Print what stands against an app, what to do, and what was seen of it."""
    if not any(finding.pressing for finding in found):
        out.print(f"{where}: nothing stands against it. Looked at: {looked_at}.", markup=False)
    for finding in found:
        out.print(str(finding), style="bold red" if finding.pressing else "yellow", markup=False)
        for line in finding.evidence.splitlines():
            out.print(f"  | {line}", style="dim", markup=False)


def _service_row(seen: Observation, release: Release | None, name: str) -> tuple[str, str, str]:
    there = seen.of(name)
    running = [replica for replica in there if replica.running]
    states = sorted({(replica.running and replica.health) or replica.state for replica in there})
    service = release.services.get(name) if release else None
    wanted = str(service.replicas) if service else "0"
    return str(len(running)), wanted, ", ".join(states) or "absent"


def parse_replicas(text: str) -> dict[str, int]:
    """Return `{"web": 3, "worker": 2}` for `web=3,worker=2`. Raises `SettingsError`."""
    wanted = {}
    for argument in text.split(","):
        name, _, number = argument.partition("=")
        if not name or not number.isdigit() or int(number) < 1:
            raise SettingsError("scale", f"{argument!r} is not SERVICE=NUMBER", "write web=3")
        wanted[name] = int(number)
    return wanted
