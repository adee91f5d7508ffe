"""scripts/setup, with an apt-get that answers as told."""

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "scripts" / "setup"
APT = """\
#!/bin/sh
echo "$@" >>"$ASKED"
case $* in *install*) echo "$SAYS"; exit "$CODE" ;; esac
"""


def installed(folder: Path, says: str, code: int) -> "subprocess.CompletedProcess[str]":
    """Type the part of the script that installs a package."""
    (folder / "scripts").mkdir()
    functions, _, _ = SETUP.read_text().rpartition("\nsetup_venv\n")
    (folder / "scripts/setup").write_text(f"{functions}\ninstall_packages docker.io\n")
    for name, text in (("apt-get", APT), ("sudo", '#!/bin/sh\nexec "$@"\n')):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["bash", str(folder / "scripts/setup")],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "ASKED": str(folder / "asked"),
            "SAYS": says,
            "CODE": str(code),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("says", "code", "words"),
    [
        ("", 0, ""),
        (
            "E: Packages need to be removed but remove is disabled.",
            100,
            "setup: apt would remove packages that are here, to install docker.io. start the",
        ),
        ("E: broken", 100, "setup: `apt-get install docker.io` failed:\nE: broken"),
    ],
)
def test_no_package_is_removed_for_another(
    tmp_path: Path, says: str, code: int, words: str
) -> None:
    ended = installed(tmp_path, says, code)

    assert ended.returncode == bool(code)
    assert words in ended.stderr
    assert " --no-remove docker.io" in (tmp_path / "asked").read_text()
