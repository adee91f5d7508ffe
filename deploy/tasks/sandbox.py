"""Servers, a registry and S3 in containers on this machine: up, down, status."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.context import Context

from deploy.tasks.base import JSON_HELP, task

if TYPE_CHECKING:
    from deploy.sandbox import Status


@task(
    iterable=["extra"],
    help={"extra": "image for the registry besides: mysql, prometheus, …; may be repeated"},
)
def up(_context: Context, extra: Any = None) -> None:
    """Start the sandbox: servers, builder, registry, S3."""
    from deploy.wiring.sandbox import start_sandbox

    started = time.monotonic()
    status = start_sandbox(_checkout(), _show, extra or [])
    _summarise(status)
    print(f"Up in {time.monotonic() - started:.1f} s.")


@task(help={"purge": "also remove the cached images; the next start builds them again"})
def down(_context: Context, purge: bool = False) -> None:
    """Remove the sandbox; its images stay cached."""
    from deploy.sandbox import Sandbox

    Sandbox.at(_checkout()).down(_show, purge=purge)
    print("The sandbox is down.")


@task(help={"json": JSON_HELP})
def status(_context: Context, json: bool = False) -> None:
    """Show what runs in the sandbox and how to reach it."""
    from deploy.sandbox import Sandbox

    found = Sandbox.at(_checkout()).status()
    if json:
        print(_as_json(found))
    else:
        _summarise(found)


def _as_json(found: "Status") -> str:
    return json.dumps(found.as_dict(), indent=2)


def _summarise(found: "Status") -> None:
    from deploy.sandbox.s3 import SECRET

    for piece in found.pieces:
        ports = piece.ports
        urls = [f"http://127.0.0.1:{ports['http']}"] if "http" in ports else []
        urls += [f"https://127.0.0.1:{ports['https']}"] if "https" in ports else []
        urls += [f"(8080: http://127.0.0.1:{ports['alternate']})"] if "alternate" in ports else []
        urls += [f"127.0.0.1:{ports['api']}"] if "api" in ports else []
        print(f"{piece.name:<11} {piece.state:<8} {'  '.join(urls)}".rstrip())
    if found.up:
        config = _from_here(Path(found.ssh_config))
        print(f"Log in:      ssh -F {config} staging.sandbox")
        print(f"Build there: DOCKER_HOST={found.builder} docker build -t {found.registry}/NAME .")
        print(f"Back up to:  {found.s3}, bucket {found.bucket}, secret key `{SECRET}`")
    else:
        print("Not all of it runs: `inv sandbox.up` starts it.")


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _checkout() -> Path:
    """Return the checkout that the user is in."""
    from deploy.wiring import find_checkout

    return find_checkout()


def _show(line: str) -> None:
    print(line, flush=True)


collection = Collection("sandbox", up, down, status)
