"""Containers of the sandbox: made, started, awaited; made anew when their blueprint changed."""

import io
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from deploy.errors import SandboxError
from deploy.sandbox.ports import LOOPBACK
from deploy.sandbox.recipes import digest
from deploy.sandbox.stock import Report

MARK: Final = "slipway.sandbox"
MADE_OF: Final = "slipway.made-of"
PATIENCE: Final = 60.0
_GO_ON: Final = "docker ps --quiet --filter status=paused | xargs -r docker unpause"

Ready = Callable[[Container], bool]


@dataclass(frozen=True)
class File:
    """A file placed in a container before it first starts; a link when it has a target."""

    path: str
    content: str = ""
    mode: int = 0o644
    owner: int = 0
    link: str = ""


@dataclass(frozen=True)
class Blueprint:
    """All that a container is made of. Another blueprint means another container."""

    identity: str
    name: str
    image: str
    ports: Mapping[int, int] = field(default_factory=dict)
    files: Sequence[File] = ()
    system: bool = False
    """Runs systemd and an engine of its own, so it needs nearly all that a machine may do."""
    data: str = ""
    """A folder inside that lies on a volume of its own."""
    binds: Mapping[str, str] = field(default_factory=dict)

    @property
    def container(self) -> str:
        """The container's name on this machine's engine."""
        return f"slipway-{self.identity}-{self.name}"

    @property
    def network(self) -> str:
        """The network's name on this machine's engine."""
        return f"slipway-{self.identity}"

    @property
    def volume(self) -> str:
        """The volume's name on this machine's engine."""
        return f"{self.container}-data"

    @property
    def labels(self) -> dict[str, str]:
        """The labels by which `down` finds it, and `up` sees that it is still the right one."""
        return {MARK: self.identity, MADE_OF: digest([repr(self)])}


def ensure(
    client: docker.DockerClient,
    blueprint: Blueprint,
    ready: Ready,
    report: Report,
) -> None:
    """Have a container of this blueprint running and ready."""
    found = _find(client, blueprint)
    if found is not None and found.labels.get(MADE_OF) != blueprint.labels[MADE_OF]:
        report(f"{blueprint.name} is made anew: its image, ports or keys changed")
        remove(client, found, blueprint.volume)
        found = None
    if found is not None and found.status == "running" and ready(found):
        return
    if found is None:
        _start_new(client, blueprint, ready)
    else:
        _start(found, blueprint)
        _wait(found, blueprint, ready)
    report(f"{blueprint.name} is up")


def remove(client: docker.DockerClient, container: Container, volume: str) -> None:
    """Remove a container and the volume that is its own.

    What is paused in a server cannot be killed with it: it goes on first.
    """
    with suppress(APIError):  # it does not run, or has no Docker
        container.exec_run(["sh", "-c", _GO_ON])
    container.remove(force=True, v=True)
    try:
        client.api.remove_volume(volume, force=True)
    except NotFound:
        return


def _find(client: docker.DockerClient, blueprint: Blueprint) -> Container | None:
    try:
        return client.containers.get(blueprint.container)
    except NotFound:
        return None


def _start_new(client: docker.DockerClient, blueprint: Blueprint, ready: Ready) -> None:
    """Start a new container; a server without `--privileged` where that is enough, else with."""
    for privileged in (False, True) if blueprint.system else (False,):
        container = _create(client, blueprint, privileged=privileged)
        try:
            _start(container, blueprint)
            _wait(container, blueprint, ready)
        except SandboxError:
            if privileged or not blueprint.system:
                raise
            remove(client, container, blueprint.volume)
        else:
            return


def _start(container: Container, blueprint: Blueprint) -> None:
    try:
        if container.status == "paused":
            container.unpause()
        container.start()
    except APIError as error:
        raise SandboxError(
            blueprint.name,
            "its container does not start",
            "`inv sandbox.down`, then `inv sandbox.up` makes it anew",
            detail=str(error),
        ) from error


def _wait(container: Container, blueprint: Blueprint, ready: Ready) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        container.reload()
        if container.status == "running" and ready(container):
            return
        if container.status in {"exited", "dead"}:
            wrong = "its container ended right after its start"
            break
        if time.monotonic() > deadline:
            wrong = f"it is not ready after {PATIENCE:.0f} s"
            break
        time.sleep(0.05)
    last = container.logs(tail=20).decode(errors="replace")
    raise SandboxError(
        blueprint.name, wrong, f"see `docker logs {blueprint.container}`", detail=last
    )


def _create(client: docker.DockerClient, blueprint: Blueprint, *, privileged: bool) -> Container:
    api = client.api
    binds = [f"{outside}:{inside}" for outside, inside in blueprint.binds.items()]
    if blueprint.data:
        api.create_volume(blueprint.volume, labels={MARK: blueprint.identity})
        binds.append(f"{blueprint.volume}:{blueprint.data}")
    host_config = api.create_host_config(
        port_bindings={inside: (LOOPBACK, port) for inside, port in blueprint.ports.items()},
        binds=binds,
        **(_system(privileged=privileged) if blueprint.system else {}),
    )
    if blueprint.system and not privileged:
        host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}  # no keyword of the SDK
    alias = api.create_endpoint_config(aliases=[f"{blueprint.name}.sandbox"])
    made = api.create_container(
        blueprint.image,
        name=blueprint.container,
        hostname=blueprint.name,
        environment={"container": "docker"} if blueprint.system else {},
        ports=list(blueprint.ports),
        labels=blueprint.labels,
        host_config=host_config,
        networking_config={"EndpointsConfig": {blueprint.network: alias}},
    )
    container = client.containers.get(made["Id"])
    if blueprint.files:
        container.put_archive("/", packed(blueprint.files))
    return container


def _system(*, privileged: bool) -> dict[str, Any]:
    """Give what systemd and an inner engine need from the outer one."""
    common = {"tmpfs": {"/run": "", "/run/lock": ""}, "cgroupns": "private"}
    if privileged:
        return common | {"privileged": True}
    unconfined = ["seccomp=unconfined", "apparmor=unconfined"]
    return common | {
        "cap_add": ["ALL"],
        "cap_drop": ["SYS_RESOURCE"],
        "security_opt": unconfined,
    }


def packed(files: Sequence[File]) -> bytes:
    """Pack files into the archive that the engine unpacks in a container."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.mode, entry.uid, entry.gid = file.mode, file.owner, file.owner
            content = file.content.encode()
            if file.link:
                entry.type, entry.linkname = tarfile.SYMTYPE, file.link
            else:
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()
