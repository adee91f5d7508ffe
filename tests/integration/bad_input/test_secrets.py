"""A secret reaches its container unchanged, and is seen nowhere else."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bad_input.expect import ROLLED_BACK, assert_serves
from workspace import Workspace

CANARY = "c4n4ry"
SECRET = f"""{CANARY}-1 $HOME ${{PATH}} $$ "quoted" `id`
{CANARY}-2 # no comment \\n
{CANARY}-3"""


@contextmanager
def watched(workspace: Workspace) -> Iterator[str]:
    """Note every process on the server that names the canary; gives the file they are noted in."""
    flag = f"/tmp/{workspace.app}"  # noqa: S108 - on the sandbox's server
    pattern = f"[{CANARY[0]}]{CANARY[1:]}"
    script = (
        f"touch {flag}; : >{flag}.seen; echo ready;"
        f" while [ -e {flag} ]; do ps -eo args | grep '{pattern}' >>{flag}.seen; sleep 0.05; done"
    )
    container = workspace.sandbox.container(workspace.server)
    command = ["docker", "exec", container, "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "ready\n"
        try:
            yield f"{flag}.seen"
        finally:
            workspace.on_server(f"rm -f {flag}")


def test_secret_is_seen_nowhere(tiny: Workspace) -> None:
    (tiny.folder / ".env.staging").write_text(f"SECRET='{SECRET}'\n")
    with watched(tiny) as processes:
        shown = [
            tiny.deploy("v1"),
            tiny.deploy("v2", "--dry-run"),
            tiny.deploy("v2", MODE="boot"),
            tiny.deploy("v2", "--json"),
            tiny.inv("status", "--json"),
            tiny.inv("releases", "--json"),
        ]
    assert [ended.code for ended in shown] == [0, 0, ROLLED_BACK, 0, 0, 0]
    assert CANARY not in "".join(ended.all for ended in shown)
    assert tiny.on_server(f"cat {processes}") == ""

    web = tiny.replicas()[0]
    inside = f"docker exec {web} python3 -c 'import os; print(os.environ[\"SECRET\"])'"
    assert tiny.on_server(inside).removesuffix("\n") == SECRET
    labels = tiny.on_server(f"docker inspect --format '{{{{json .Config.Labels}}}}' {web}")
    assert CANARY not in labels

    holding = tiny.on_server(f"cd {tiny.root} && grep -rl {CANARY} . | sort -u").split()
    assert {path.rpartition("/")[2] for path in holding} == {".env", "compose.yaml"}
    modes = tiny.on_server(f"find {tiny.root}/releases -type f -printf '%m\\n' | sort -u")
    assert modes.split() == ["600"]
    assert_serves(tiny, "v2")
