"""Bringing up all containers of a sandbox at once; each waits only for what it is made of."""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import docker

from deploy.sandbox import containers, machine, registry, s3, servers
from deploy.sandbox.checkout import SERVERS, Checkout
from deploy.sandbox.containers import Blueprint
from deploy.sandbox.stock import Report, Stock


@dataclass(frozen=True)
class Assembly:
    """One way up: an engine, a stock of images, and the checkout whose sandbox it is."""

    client: docker.DockerClient
    stock: Stock
    checkout: Checkout
    report: Report
    extras: Collection[str] = ()

    def run(self) -> None:
        """Start what does not run, and make what is missing before it."""
        with ThreadPoolExecutor(machine.PARALLEL) as pool:
            pieces: list[Callable[[], None]] = [lambda: self._registry(pool), self._builder]
            pieces += [self._server(name) for name in SERVERS]
            pieces.append(self._s3)
            work: list[Future[None]] = [pool.submit(piece) for piece in pieces]
            for piece in work:
                piece.result()

    def _server(self, name: str) -> Callable[[], None]:
        checkout = self.checkout
        chosen = checkout.ports()[name]

        def start() -> None:
            blueprint = servers.server(
                checkout.identity,
                name,
                self.stock.ensure("server"),
                ports=chosen,
                client_key=checkout.client_key,
                host_key=checkout.host_key(name),
            )
            self._ensure(blueprint, servers.server_ready(chosen["ssh"]))

        return start

    def _builder(self) -> None:
        checkout = self.checkout
        image = self.stock.ensure("server")
        blueprint = servers.builder(checkout.identity, image, checkout.builder_folder)
        self._ensure(blueprint, servers.builder_ready(checkout.builder_socket))

    def _registry(self, pool: ThreadPoolExecutor) -> None:
        image = registry.fill(
            self.client,
            self.stock,
            identity=self.checkout.identity,
            pool=pool,
            report=self.report,
        )
        port = self.checkout.ports()["registry"]["api"]
        blueprint = Blueprint(self.checkout.identity, "registry", image, {registry.PORT: port})
        self._ensure(blueprint, lambda _: registry.answers(port))
        if self.extras:
            registry.add(self.client, port, self.stock.offers(self.extras))

    def _s3(self) -> None:
        port = self.checkout.ports()["s3"]["api"]
        image = self.stock.ensure("s3")
        blueprint = Blueprint(self.checkout.identity, "s3", image, {s3.PORT: port})
        self._ensure(blueprint, lambda _: s3.ensure_bucket(port))

    def _ensure(self, blueprint: Blueprint, ready: containers.Ready) -> None:
        containers.ensure(self.client, blueprint, ready, self.report)
