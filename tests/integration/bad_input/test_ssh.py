"""The way to a server: no answer, the wrong key, a host key that is unknown or has changed."""

import os
import subprocess
from pathlib import Path

import pytest
from bad_input.expect import REFUSED, assert_ended, edit, remedy
from workspace import Workspace


@pytest.fixture
def ssh(live: Workspace, tmp_path: Path) -> Path:
    """The live checkout with an SSH configuration of its own, in a home without keys."""
    folder = live.folder / ".sandbox"
    folder.unlink()
    folder.mkdir()
    for name in ("ssh_config", "known_hosts"):
        text = (live.sandbox.state / name).read_text()
        (folder / name).write_text(text.replace(f"{live.sandbox.known_hosts}", f"{folder / name}"))
    config = folder / "ssh_config"
    config.write_text(config.read_text().replace(f"{config}", f"{folder / 'known_hosts'}"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    docker = os.environ.get("DOCKER_CONFIG", str(Path("~/.docker").expanduser()))
    live.environment = {
        "HOME": str(tmp_path / "home"),
        "SSH_AUTH_SOCK": "",
        "DOCKER_CONFIG": docker,
    }
    return folder


def type_in(live: Workspace, command: str) -> None:
    """Do what an error told us to do."""
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, env=live.variables())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("deploy@127.0.0.1:1", ["Connection refused", "`ssh -p 1 deploy@127.0.0.1`"]),
        ("deploy@nowhere.invalid", ["does not resolve", "`ssh -p 22 deploy@nowhere.invalid`"]),
    ],
)
def test_unreachable(live: Workspace, address: str, words: list[str]) -> None:
    edit(live.folder / "deploy.toml", "deploy@staging.sandbox", address)
    assert_ended(live.deploy("v2"), REFUSED, f"{address}: cannot be reached", *words)


def test_wrong_key(live: Workspace, ssh: Path) -> None:
    edit(ssh / "ssh_config", str(live.sandbox.client_key), str(live.sandbox.host_key("staging")))
    words = ["refuses the keys of user 'deploy'", "~deploy/.ssh/authorized_keys", "IdentityFile"]
    assert_ended(live.deploy("v2"), REFUSED, "deploy@staging.sandbox", *words)


def test_unknown_host_key(live: Workspace, ssh: Path) -> None:
    (ssh / "known_hosts").write_text("")
    ended = live.deploy("v2")
    place = f"[127.0.0.1]:{live.sandbox.ssh_port('staging')}"
    words = ["host key is unknown", "SHA256:", "compare the fingerprint", "`ssh-keyscan -p "]
    assert_ended(ended, REFUSED, place, *words)
    type_in(live, remedy(ended))
    assert live.inv("status").code == 0


def test_changed_host_key(live: Workspace, ssh: Path) -> None:
    known = ssh / "known_hosts"
    keys = [live.sandbox.host_key(server) for server in ("staging", "production")]
    right, wrong = (key.with_name(f"{key.name}.pub").read_text().split()[1] for key in keys)
    known.write_text(known.read_text().replace(right, wrong))
    ended = live.deploy("v2")
    words = ["host key has changed", "SHA256:", "really reinstalled", "`ssh-keygen -R "]
    assert_ended(ended, REFUSED, "deploy@staging.sandbox", *words)
    type_in(live, remedy(ended))
    assert "host key is unknown" in live.inv("status").err
