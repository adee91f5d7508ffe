"""What CI runs, and what runs before a commit: `nox` needs no Docker and takes under a minute."""

import hashlib
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import nox

VERSIONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
FAULTS = (
    "client_may_die",
    "connection_may_break",
    "migration_may_fail",
    "new_image_may_be_bad",
    "nginx_may_fail",
    "no_request_fails",
    "registry_may_fail",
    "secrets_stay_secret",
    "server_may_fail",
    "the_way_back_stays",
    "two_may_deploy",
)
BACKUPS = ("backups_come_back", "backups_reach_their_store")
THOROUGH = ("--thorough", "--numprocesses=3", "--dist=loadscope", "--no-loadscope-reorder")
CODE = ("deploy", "tests", "benchmarks", "tasks.py", "noxfile.py")

nox.needs_version = ">=2025.10"
nox.options.sessions = ["lint", "types", "imports", "unit"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = bool(os.environ.get("CI"))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, of Python, shell and Dockerfiles."""
    prepare(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("shellcheck", *shell_scripts())
    session.run("hadolint", *(str(file) for file in known() if file.name == "Dockerfile"))


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly, tests included."""
    prepare(session)
    session.run("mypy", *(path for path in CODE if Path(path).exists()))
    session.run("mypy", "examples/noxfile.py")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that a layer imports only lower ones, and each library has one door."""
    prepare(session)
    session.run("lint-imports", "--no-logo")


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit tests: seconds, no server, no Docker."""
    prepare(session)
    session.run("pytest", "tests/unit", *session.posargs)


@nox.session(python=VERSIONS, tags=["matrix"])
def matrix(session: nox.Session) -> None:
    """Run the unit tests on every Python that is supported."""
    prepare(session)
    session.run("pytest", "tests/unit", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Run the tests on real servers: the sandbox, started if it is not up."""
    prepare(session)
    session.run("pytest", "tests/integration", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Play every fault on real servers under traffic, and write what came of it into the docs."""
    prepare(session)
    ledger = Path(session.create_tmp()) / "faults.jsonl"
    ledger.unlink(missing_ok=True)
    folders = [f"tests/integration/{promise}" for promise in FAULTS]
    session.run("pytest", *THOROUGH, f"--ledger={ledger}", *(session.posargs or folders))
    if not session.posargs:
        page = "docs/reference/faults.md"
        session.run("python", "tests/integration/fault_table.py", str(ledger), page)


@nox.session
def backups(session: nox.Session) -> None:
    """Back up and bring back every kind of data, with all that may go wrong, on real servers."""
    prepare(session)
    folders = [f"tests/integration/{promise}" for promise in BACKUPS]
    session.run("pytest", *THOROUGH, *(session.posargs or folders))


@nox.session
def apps(session: nox.Session) -> None:
    """Lead each of the five example systems through its life, on real servers under load."""
    prepare(session)
    session.run("pytest", *THOROUGH, *(session.posargs or ["tests/integration/five_systems_run"]))


@nox.session
def bench(session: nox.Session) -> None:
    """Count round trips and seconds of a deploy; the sandbox must be up."""
    prepare(session)
    session.run("python", "-m", "benchmarks.deploy", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel and the sdist, and look inside: the scripts must be there."""
    session.install("hatchling>=1.27")
    folder = Path(session.create_tmp())
    session.run("hatchling", "build", "--target", "sdist", "--target", "wheel", "-d", str(folder))
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        check_contents(session, wheel, archive.namelist())
    with tarfile.open(sdist) as archive:
        check_contents(session, sdist, [name.partition("/")[2] for name in archive.getnames()])


def prepare(session: nox.Session) -> None:
    """Install what is locked, by hash, and this checkout, where either changed."""
    wanted = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        wanted.update(Path(name).read_bytes())
    stamp = Path(session.virtualenv.location) / "prepared.sha256"
    if stamp.is_file() and stamp.read_text() == wanted.hexdigest():
        return
    session.install("--require-hashes", "-r", "requirements.lock")
    session.install("--no-deps", "-e", ".")
    stamp.write_text(wanted.hexdigest())


def shell_scripts() -> list[str]:
    """Return the shell scripts, with a suffix or only with a first line."""
    return [str(file) for file in known() if file.suffix == ".sh" or _is_script(file)]


def known() -> list[Path]:
    """Return the files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name and Path(name).is_file()]


def _is_script(file: Path) -> bool:
    if file.suffix:
        return False
    with file.open("rb") as stream:
        return re.match(rb"#!.*\b(sh|bash)\b", stream.readline()) is not None


def check_contents(session: nox.Session, archive: Path, names: list[str]) -> None:
    """Fail where a file that the package needs is not in `archive`."""
    needed = [path for path in Path("deploy").rglob("*") if path.suffix in {".sh", ".typed"}]
    missing = [str(path) for path in needed if str(path) not in names]
    if missing:
        session.error(f"{archive.name} lacks {', '.join(missing)}")
    session.log(f"{archive.name}: {len(needed)} scripts and markers are inside")
