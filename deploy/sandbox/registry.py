"""The sandbox's registry: filled once with the official names, then kept as an image."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from threading import Lock
from typing import Final

import docker
from docker.models.containers import Container

from deploy.errors import SandboxError
from deploy.sandbox.containers import MARK
from deploy.sandbox.ports import LOOPBACK
from deploy.sandbox.recipes import CACHE, digest
from deploy.sandbox.stock import CACHED, Offer, Report, Stock, follow

PORT: Final = 5000
MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
PATIENCE: Final = 30.0


def stocked(stock: Stock, offers: Sequence[Offer]) -> str:
    """Name the image of a registry that holds exactly these offers."""
    parts = [stock.reference("registry")]
    for offer in offers:
        parts += [offer.repository, " ".join(offer.tags), offer.reference]
    return f"{CACHE}/registry-stocked:{digest(parts)}"


def fill(
    client: docker.DockerClient, stock: Stock, *, identity: str, pool: Executor, report: Report
) -> str:
    """Make the image of the filled registry where it is not in stock; return its reference."""
    offers = stock.offers()
    wanted = stocked(stock, offers)
    if stock.holds(wanted):
        return wanted
    made = [(offer, pool.submit(offer.provide)) for offer in offers]
    container = _start_empty(client, stock.ensure("registry"), identity)
    try:
        port = _published(container)
        _wait(port)
        turn = Lock()  # one after the other: a layer is pushed once, and shared from then on
        pushes = [pool.submit(_push, client, port, each, turn) for each in made]
        for push in pushes:
            push.result()
        repository, tag = wanted.split(":")
        label = "".join(f"LABEL {key}={value}" for key, value in CACHED.items())
        container.commit(repository, tag, changes=label)
    finally:
        container.remove(force=True, v=True)
    report("registry filled with the official names")
    return wanted


def add(client: docker.DockerClient, port: int, offers: Sequence[Offer]) -> None:
    """Push more images to a registry that runs; they stay as long as its container does."""
    for offer in offers:
        made: Future[str] = Future()
        made.set_result(offer.provide())
        _push(client, port, (offer, made), Lock())


def answers(port: int) -> bool:
    """Tell whether a registry answers on a loopback port."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/v2/", timeout=2):
            return True
    except OSError:
        return False


def _wait(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if time.monotonic() > deadline:
            raise SandboxError("registry", f"no answer on port {port} after {PATIENCE:.0f} s")
        time.sleep(0.05)


def _start_empty(client: docker.DockerClient, image: str, identity: str) -> Container:
    name = f"slipway-{identity}-stocking"
    for left in client.containers.list(all=True, filters={"name": f"^/{name}$"}):
        left.remove(force=True, v=True)
    made = client.api.create_container(
        image,
        name=name,
        labels={MARK: identity},
        ports=[PORT],
        host_config=client.api.create_host_config(port_bindings={PORT: (LOOPBACK,)}),
    )
    container = client.containers.get(made["Id"])
    container.start()
    return container


def _published(container: Container) -> int:
    container.reload()
    bindings = container.ports[f"{PORT}/tcp"] or []
    return int(bindings[0]["HostPort"])


def _push(
    client: docker.DockerClient, port: int, made: tuple[Offer, Future[str]], turn: Lock
) -> None:
    """Push an image under its first tag as soon as it is made, and give its manifest the others.

    The address of the registry is a name on this machine's engine for the push only.
    """
    offer, image = made
    first, *others = offer.tags
    address = f"{LOOPBACK}:{port}"
    repository = f"{address}/{offer.repository}"
    reference = image.result()
    with turn:
        client.api.tag(reference, repository, first)
        try:
            lines = client.api.push(repository, first, stream=True, decode=True)
            follow(f"push of {offer.repository}:{first}", lines)
        finally:
            client.api.remove_image(f"{repository}:{first}", noprune=True)
    if others:
        manifest = _manifest(address, offer.repository, first)
        for tag in others:
            _put_manifest(address, offer.repository, tag, manifest)


def _manifest(address: str, repository: str, tag: str) -> bytes:
    request = urllib.request.Request(
        f"http://{address}/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return bytes(answer.read())


def _put_manifest(address: str, repository: str, tag: str, manifest: bytes) -> None:
    kind = str(json.loads(manifest).get("mediaType", MANIFEST))
    request = urllib.request.Request(
        f"http://{address}/v2/{repository}/manifests/{tag}",
        data=manifest,
        method="PUT",
        headers={"Content-Type": kind},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        raise SandboxError(
            f"registry tag {repository}:{tag}", f"refused with status {error.code}"
        ) from error
