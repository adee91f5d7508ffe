"""Official images on this machine's own engine, where Docker Hub is not to be had."""

import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from deploy.sandbox.recipes import BY_NAME, CACHE


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    return done.stdout


@contextmanager
def lent(names: Collection[str]) -> Iterator[None]:
    """Have what the sandbox has made stand in for official images meanwhile."""
    tagged = []
    for recipe in (BY_NAME[name] for name in names):
        (newest, *_) = docker("images", "--quiet", f"{CACHE}/{recipe.name}").split()
        for official in recipe.official:
            if not docker("images", "--quiet", official):
                docker("tag", newest, official)
                tagged.append(official)
    try:
        yield
    finally:
        docker("rmi", "--no-prune", *tagged)
