"""What refusals and failures have in common: one clear line, and an app that serves as before."""

import re
from pathlib import Path

from workspace import Ended, Workspace

REFUSED, ROLLED_BACK, PERSON = 1, 3, 4
_LEFTOVERS = r"""
cd {root} 2>/dev/null || exit 0
ls -d lock upstreams.before 2>/dev/null
for release in $(ls releases); do [ -f "releases/$release/release.json" ] || echo "$release"; done
docker ps --all --format '{{{{.Names}}}}' | grep -E '^{project}-(rehearsal|migrate)$'
"""


def assert_ended(ended: Ended, code: int, place: str, *words: str) -> None:
    """It ended with `code`, and its closing line reads `place: what is wrong. what to do.`"""
    assert ended.code == code, ended.all
    assert "Traceback" not in ended.all, ended.all
    line = ended.err.rstrip().rpartition("\n")[2]
    assert line.startswith(place), ended.all
    assert re.search(r": .+[.?!`] .+[.?!`]$", line), (
        f"not `place: what is wrong. what to do.`: {line}"
    )
    for word in words:
        assert word in line, f"{word!r} is not in: {line}"


def assert_serves(workspace: Workspace, version: str, replicas: int = 1) -> None:
    """One version serves with exactly its replicas, and nothing is left half-done."""
    assert workspace.serving() == version
    assert workspace.current()["tag"] == version
    mine = [name for name in workspace.containers() if "-web-" in name]
    assert mine == workspace.replicas(), "a stopped replica is left over"
    assert len(mine) == replicas
    assert leftovers(workspace) == []


def assert_nothing_there(workspace: Workspace) -> None:
    """No first deploy left a trace."""
    assert workspace.containers() == []
    assert leftovers(workspace) == []


def leftovers(workspace: Workspace) -> list[str]:
    """Return what a run that ended should have taken away."""
    script = _LEFTOVERS.format(root=workspace.root, project=workspace.project)
    return workspace.on_server(script).split()


def edit(file: Path, old: str, new: str) -> None:
    """Replace `old`, which must be there, by `new`."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def remedy(ended: Ended) -> str:
    """Return the command that the closing line names last."""
    commands: list[str] = re.findall(r"`([^`]+)`", ended.err)
    return commands[-1]
