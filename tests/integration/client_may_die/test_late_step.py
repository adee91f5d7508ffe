"""The client may be stopped while a step that it has sent has not yet begun on a busy server."""

from collections.abc import Iterator
from signal import SIGTERM

import pytest
from stage import Stage, wait_until
from workspace import Ended

# The login shell of the server's user. It holds `start` up until the undoing has caught up with
# what ran and has looked at what is there, and then holds the undoing up in turn.
_SLOW_SHELL = r"""#!/bin/sh
case "$*" in
*" $root "*'"start web"'*)
    touch $gate/held
    until [ -e $gate/seen ]; do sleep 0.1; done ;;
*" $root "*'"catch up"'*) touch $gate/caught ;;
*" observe $root "*)
    [ ! -e $gate/caught ] || { /bin/bash "$@"; touch $gate/seen; sleep 3; exit; } ;;
esac
exec /bin/bash "$@"
"""


@pytest.fixture
def gate(stage: Stage) -> Iterator[str]:
    """A server that is slow to begin `start`; then there is `held` in this folder."""
    shell, gate = f"/usr/local/bin/{stage.app}", f"/run/{stage.app}"
    text = _SLOW_SHELL.replace("$root", stage.root).replace("$gate", gate)
    stage.on_server(f"cat >{shell} <<'END'\n{text}END\nchmod 755 {shell}")
    stage.on_server(f"install -d -m 777 {gate}; usermod --shell {shell} deploy")
    yield gate
    # The script stays: connections of other tests that are open begin their commands with it.
    stage.on_server(f"usermod --shell /bin/bash deploy; rm -rf {gate}")


def test_it_does_not_begin_when_its_run_is_undone(stage: Stage, gate: str) -> None:
    with stage.scenario("SIGTERM to the client, and its last step begins late") as scenario:
        with stage.type("deploy", "--env", "staging", "--tag", scenario.new) as client:
            wait_until(lambda: stage.on_server(f"ls {gate}") == "held\n")
            client.send_signal(SIGTERM)
            out, err = client.communicate()
        scenario.ends(Ended(client.returncode, out, err), 3, "stopped by a signal", "rolled back")
        scenario.serves(scenario.old)
        stage.assert_converged()
        scenario.status("the last run was undone")
