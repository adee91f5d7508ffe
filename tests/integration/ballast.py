"""An image that takes seconds to pull, and room to fill."""

from stage import Stage
from workspace import Workspace

_RECIPE = "FROM python:3.11-slim\\nRUN head -c {size}M /dev/urandom >/ballast"


def push_big_image(stage: Stage, size: int = 150) -> str:
    """Put an image of so many MiB that no server has into the registry; return its name.

    What is pulled takes its place twice for a while: packed and unpacked.
    """
    image = f"registry.sandbox:5000/{stage.app}/web:{stage.number}"
    builder = Workspace(stage.folder, stage.sandbox, stage.app, "staging")
    recipe = _RECIPE.format(size=size)
    builder.on_server(
        f"printf '{recipe}' | docker build -q --no-cache -t {image} - && docker push -q {image}"
        f" && docker rmi {image} && docker builder prune -af"
    )
    return image


def leave(stage: Stage, folder: str, mebibytes: int) -> None:
    """Leave so much free where `folder` is, until `empty`."""
    free = f"$(df --output=avail -k {folder} | tail -n 1)"
    stage.on_server(
        f"head -c $(( ({free} - {mebibytes} * 1024) * 1024 )) /dev/zero >{folder}/ballast"
    )


def fill(stage: Stage, folder: str) -> None:
    """Leave no byte free where `folder` is, until `empty`."""
    stage.on_server(f"cat /dev/zero >>{folder}/ballast; sync {folder}/ballast; df {folder}")


def empty(stage: Stage, folder: str) -> None:
    stage.on_server(f"rm -f {folder}/ballast")
