"""The stock: images kept on this machine's engine, made only when their content changed."""

import io
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import docker
from docker.errors import ImageNotFound

from deploy.errors import SandboxError
from deploy.sandbox import bases, machine
from deploy.sandbox.recipes import BY_NAME, CACHE, SUITES, Recipe, digest, official, reference

Report = Callable[[str], None]

CACHED: Final = {"slipway.sandbox": "cache"}
"""The label of every image of the stock."""


@dataclass(frozen=True)
class Offer:
    """An image that the sandbox's registry serves under names of Docker Hub."""

    repository: str
    tags: tuple[str, ...]
    reference: str
    provide: Callable[[], str]
    """Makes sure that it is in stock, and returns its reference."""


class Stock:
    """Images of the sandbox on this machine, all from one origin: Docker Hub or Debian."""

    def __init__(self, client: docker.DockerClient, *, from_hub: bool, report: Report) -> None:
        self._client = client
        self._from_hub = from_hub
        self._report = report
        self._mirror = machine.mirror()
        self._authorities = machine.authorities()
        self._locks: dict[str, Lock] = defaultdict(Lock)

    def reference(self, name: str) -> str:
        """Name the image of a recipe, or the root file system of a suite."""
        if name in SUITES:
            made_of = [bases.hub_name(name)] if self._from_hub else bases.recipe(name, self._mirror)
            return f"{CACHE}/root-{name}:{digest(made_of)}"
        recipe = BY_NAME[name]
        extra = [
            part for pair in self._added(recipe).items() for part in (pair[0].encode(), pair[1])
        ]
        return reference(recipe, self.reference(recipe.base), extra)

    def ensure(self, name: str) -> str:
        """Make an image, and what it stands on, where it is not in stock; return its reference."""
        wanted = self.reference(name)
        with self._locks[wanted]:
            if not self.holds(wanted):
                if name in SUITES:
                    self._root(name, wanted)
                else:
                    self._build(BY_NAME[name], wanted)
        return wanted

    def holds(self, wanted: str) -> bool:
        """Tell whether an image is in stock."""
        try:
            self._client.images.get(wanted)
        except ImageNotFound:
            return False
        return True

    def offers(self, extras: Collection[str] = ()) -> list[Offer]:
        """List what the registry serves under official names, or those of `extras`."""
        recipes = official(extras)
        if self._from_hub:
            return [self._pulled(name) for recipe in recipes for name in recipe.official]
        return [self._stand_in(recipe) for recipe in recipes]

    def _stand_in(self, recipe: Recipe) -> Offer:
        repository = recipe.official[0].split(":")[0]
        tags = tuple(name.split(":")[1] for name in recipe.official)
        wanted = self.reference(recipe.name)
        return Offer(path_of(repository), tags, wanted, lambda: self.ensure(recipe.name))

    def _pulled(self, name: str) -> Offer:
        repository, tag = name.split(":")
        wanted = f"{CACHE}/hub-{repository.replace('/', '-')}:{tag}"
        return Offer(path_of(repository), (tag,), wanted, lambda: self._pull(name, wanted))

    def _pull(self, name: str, wanted: str) -> str:
        with self._locks[wanted]:
            if not self.holds(wanted):
                there = self.holds(name)
                repository, tag = name.split(":")
                follow(name, self._client.api.pull(repository, tag, stream=True, decode=True))
                self._tag(name, wanted)
                if not there:
                    self._client.api.remove_image(name, noprune=True)
                self._report(f"image {name}")
        return wanted

    def _tag(self, name: str, wanted: str) -> None:
        repository, tag = wanted.split(":")
        self._client.api.tag(name, repository, tag)

    def _root(self, suite: str, wanted: str) -> None:
        if self._from_hub:
            self._pull(bases.hub_name(suite), f"{CACHE}/hub-debian:{suite}-slim")
            self._tag(f"{CACHE}/hub-debian:{suite}-slim", wanted)
            return
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            tar = Path(folder) / f"{suite}.tar"
            bases.bootstrap(suite, self._mirror, tar)
            repository, tag = wanted.split(":")
            label = "".join(f"LABEL {key}={value}" for key, value in CACHED.items())
            self._client.api.import_image(str(tar), repository, tag, changes=[label])
        self._report(f"root file system {suite}")

    def _build(self, recipe: Recipe, wanted: str) -> None:
        base = self.ensure(recipe.base)
        lines = self._client.api.build(
            fileobj=context(recipe.path, self._added(recipe)),
            custom_context=True,
            tag=wanted,
            buildargs={"BASE": base, "MIRROR": self._mirror.main, **recipe.args},
            labels=CACHED,
            rm=True,
            forcerm=True,
            use_config_proxy=True,
            decode=True,
        )
        follow(f"image {recipe.name}", lines)
        self._report(f"image {', '.join(recipe.official) or recipe.name}")

    def _added(self, recipe: Recipe) -> Mapping[str, bytes]:
        """Give the files of this machine that go into a build, beside the recipe's own."""
        if recipe.base not in SUITES:
            return {}
        return {f"ca/{name}": content for name, content in self._authorities.items()}


def path_of(repository: str) -> str:
    """Return where a registry in the place of Docker Hub keeps a repository.

    >>> path_of("redis"), path_of("chromadb/chroma")
    ('library/redis', 'chromadb/chroma')
    """
    return repository if "/" in repository else f"library/{repository}"


def context(folder: Path, added: Mapping[str, bytes]) -> io.BytesIO:
    """Pack a build context: a folder, files beside it, and always a folder `ca`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, arcname=".")
        place = tarfile.TarInfo("ca")
        place.type = tarfile.DIRTYPE
        place.mode = 0o755
        tar.addfile(place)
        for name, content in added.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def follow(place: str, lines: Iterator[dict[str, Any]]) -> None:
    """Read an engine's progress to its end; its error becomes ours, with the lines before it."""
    seen: list[str] = []
    for line in lines:
        if "error" in line:
            detail = "".join(seen)[-3000:]
            raise SandboxError(place, f"the engine says: {line['error']}", detail=detail)
        seen.append(str(line.get("stream", "")))
