"""SSH to a real sshd: bytes arrive as they were sent, jumps work, and a broken line is noticed."""

import threading
from pathlib import Path

import pytest
from line import own_line

from deploy.errors import CommandTimedOut, HostKeyRefused, Unreachable
from deploy.host import Command
from deploy.host.ssh import SshHost
from deploy.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("production_alone")
EVERY_BYTE = bytes(range(256)) * 4096 * 5


@pytest.fixture
def staging(sandbox: Sandbox) -> SshHost:
    return SshHost("deploy@staging.sandbox", (sandbox.ssh_config,))


def jump_config(sandbox: Sandbox, folder: Path, known: str) -> Path:
    """Reach `production` by its name inside the sandbox, which only `staging` can resolve."""
    hosts = folder / "known_hosts"
    hosts.write_text(sandbox.known_hosts.read_text() + known)
    config = folder / "ssh_config"
    config.write_text(
        "Host inner\n  HostName production.sandbox\n  User deploy\n  ProxyJump staging.sandbox\n"
        f"  IdentityFile {sandbox.client_key}\n  UserKnownHostsFile {hosts}\n"
        + sandbox.ssh_config.read_text()
    )
    return config


def test_five_mebibytes_of_every_byte_come_back_unchanged(staging: SshHost) -> None:
    result = staging.run(Command(("cat",), stdin=EVERY_BYTE))
    assert result.exit_code == 0
    assert result.stdout == EVERY_BYTE
    staging.close()


def test_arguments_and_exit_codes_arrive(staging: SshHost) -> None:
    odd = ["", "a b", "$HOME", "`id`", "it's", '"', "\n", "ü", "-n", "*", "\\"]
    result = staging.run(Command(("printf", "%s|", *odd)))
    assert result.text == "".join(f"{argument}|" for argument in odd)
    failed = staging.run(Command(("sh", "-c", "echo no >&2; exit 9")))
    assert (failed.exit_code, failed.stdout, failed.stderr) == (9, b"", b"no\n")
    staging.close()


def test_a_command_that_takes_too_long_is_given_up(staging: SshHost) -> None:
    with pytest.raises(CommandTimedOut, match="`nap` took longer than 1 s"):
        staging.run(Command(("sleep", "30"), name="nap", timeout=1))
    assert staging.run(Command(("true",))).ok
    staging.close()


def test_a_session_that_is_cut_is_noticed_and_the_next_command_connects_anew(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    started = threading.Event()

    def watch(_line: str) -> None:
        started.set()

    with own_line(sandbox, "staging") as line:
        host = SshHost("deploy@staging.sandbox", (line.lead(tmp_path),))

        def cut_it() -> None:
            assert started.wait(10)
            line.kill_sessions()

        killer = threading.Thread(target=cut_it)
        killer.start()
        with pytest.raises(Unreachable, match="the connection broke"):
            host.run(Command(("sh", "-c", "echo here; sleep 60")), watch=watch)
        killer.join()
        assert host.run(Command(("true",))).ok
        host.close()


def test_a_jump_host_leads_to_the_machine_behind_it(sandbox: Sandbox, tmp_path: Path) -> None:
    straight = f"[127.0.0.1]:{sandbox.ssh_port('production')} "
    lines = sandbox.known_hosts.read_text().splitlines()
    key = next(line.removeprefix(straight) for line in lines if line.startswith(straight))
    config = jump_config(sandbox, tmp_path, f"production.sandbox {key}\n")
    host = SshHost("inner", (config,))
    assert host.run(Command(("hostname",))).text == "production\n"
    host.close()


def test_the_key_behind_a_jump_host_is_checked_too(sandbox: Sandbox, tmp_path: Path) -> None:
    host = SshHost("inner", (jump_config(sandbox, tmp_path, ""),))
    with pytest.raises(HostKeyRefused, match=r"its host key is unknown .*ssh-keyscan"):
        host.run(Command(("hostname",)))
