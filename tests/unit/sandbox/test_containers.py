import io
import tarfile
from pathlib import Path

from deploy.sandbox.bases import recipe
from deploy.sandbox.containers import MADE_OF, MARK, Blueprint, File, packed
from deploy.sandbox.machine import Mirror
from deploy.sandbox.stock import context


def test_a_blueprint_carries_the_identity_in_every_name_and_label() -> None:
    blueprint = Blueprint("0123abcd", "staging", "image:1")

    assert blueprint.container == "slipway-0123abcd-staging"
    assert blueprint.volume == "slipway-0123abcd-staging-data"
    assert blueprint.network == "slipway-0123abcd"
    assert blueprint.labels[MARK] == "0123abcd"


def test_anything_that_changes_makes_another_container() -> None:
    labels = {
        blueprint.labels[MADE_OF]
        for blueprint in (
            Blueprint("0123abcd", "staging", "image:1"),
            Blueprint("0123abcd", "staging", "image:2"),
            Blueprint("0123abcd", "staging", "image:1", ports={22: 20001}),
            Blueprint("0123abcd", "staging", "image:1", ports={22: 20002}),
            Blueprint("0123abcd", "staging", "image:1", files=(File("/key", "a"),)),
            Blueprint("0123abcd", "staging", "image:1", files=(File("/key", "b"),)),
        )
    }

    assert len(labels) == 6


def test_files_keep_their_mode_owner_and_target() -> None:
    data = packed((File("/etc/key", "secret", 0o600, 1000), File("/etc/off", link="/dev/null")))

    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        key, off = tar.getmembers()
        content = tar.extractfile(key)
        assert content is not None
        assert content.read() == b"secret"
    assert (key.name, key.mode, key.uid, key.gid) == ("etc/key", 0o600, 1000, 1000)
    assert (off.issym(), off.linkname) == (True, "/dev/null")


def test_a_build_context_holds_the_folder_the_machines_files_and_always_ca(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\n")

    with tarfile.open(fileobj=context(tmp_path, {"ca/company.crt": b"..."})) as tar:
        assert {"./Dockerfile", "ca", "ca/company.crt"} <= set(tar.getnames())
    with tarfile.open(fileobj=context(tmp_path, {})) as tar:
        assert tar.getmember("ca").isdir()


def test_a_root_file_system_comes_from_the_mirror_with_its_updates() -> None:
    command = recipe("bookworm", Mirror("https://m/debian", "https://m/debian-security"))

    assert command[-3:] == [
        "deb https://m/debian bookworm main",
        "deb https://m/debian bookworm-updates main",
        "deb https://m/debian-security bookworm-security main",
    ]
