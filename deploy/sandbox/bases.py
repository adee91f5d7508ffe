"""Root file systems that every image stands on: from Docker Hub, or made of Debian's packages."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from deploy.errors import SandboxError
from deploy.sandbox.machine import KEYRING, Mirror

PACKAGES: Final = "ca-certificates,tzdata,netbase,passwd,mount,usr-is-merged"

SLIM: Final = (
    "--variant=apt",
    f"--include={PACKAGES}",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-include=/usr/share/locale/locale.alias",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=force-unsafe-io",
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Check-Valid-Until "false"',
)


def hub_name(suite: str) -> str:
    """Name the official image of a suite."""
    return f"debian:{suite}-slim"


def recipe(suite: str, mirror: Mirror) -> list[str]:
    """Say how a root file system is made; also what its name in the cache is a hash of."""
    sources = [f"deb {mirror.main} {suite} main"]
    if suite != "sid":  # which is updated itself
        sources.append(f"deb {mirror.main} {suite}-updates main")
        sources.append(f"deb {mirror.security} {suite}-security main")
    return ["mmdebstrap", *SLIM, f"--keyring={KEYRING}", "--format=tar", suite, "-", *sources]


def bootstrap(suite: str, mirror: Mirror, target: Path) -> None:
    """Write the root file system of a suite as a tar archive."""
    place = f"root file system {suite}"
    if not shutil.which("mmdebstrap"):
        raise SandboxError(place, "mmdebstrap is not installed", "run scripts/setup")
    if not KEYRING.exists():
        raise SandboxError(
            place, f"{KEYRING} is missing", "run `apt-get install debian-archive-keyring`"
        )
    with target.open("wb") as tar:
        done = subprocess.run(
            recipe(suite, mirror), stdout=tar, stderr=subprocess.PIPE, text=True, check=False
        )
    if done.returncode:
        raise SandboxError(
            place,
            f"mmdebstrap ended with exit code {done.returncode}",
            f"see its last lines; the mirror is {mirror.main}",
            detail="\n".join(done.stderr.splitlines()[-15:]),
        )
