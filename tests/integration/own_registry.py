"""A registry of a test's own on its server, which can fail without hurting another test."""

import subprocess
from dataclasses import dataclass

from stage import Stage, wait_until
from workspace import APPS

BEHIND = "registry.sandbox:5000"
BASE = "python:3.11-slim"


@dataclass(frozen=True)
class OwnRegistry:
    """It listens on the server's loopback: any Docker takes plain HTTP from there."""

    stage: Stage

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.stage.port - 12_000}"

    @property
    def name(self) -> str:
        return f"{self.stage.app}-registry"

    @property
    def folder(self) -> str:
        return f"/srv/{self.name}"

    def open(self) -> None:
        stage = self.stage
        stage.on_server(f"mkdir -p {self.folder} && : >{self.folder}/fault")
        there = f"{stage.sandbox.container(stage.server)}:{self.folder}/registry.py"
        subprocess.run(["docker", "cp", str(APPS / "registry.py"), there], check=True)
        stage.on_server(
            f"docker run --detach --name {self.name} --publish {self.address}:80"
            f" --env BEHIND={BEHIND} --volume {self.folder}:/srv:ro {BASE}"
            " python3 -u /srv/registry.py"
        )
        self._answers()

    def close(self) -> None:
        self.stage.on_server(f"docker rm -f -v {self.name}; rm -rf {self.folder}")
        self.stage.on_server(f"docker images -q '{self.address}/*/*' | xargs -r docker rmi -f")

    def image(self, tag: str) -> str:
        """Make an image with this tag, which only the registry has; return its reference."""
        behind, reference = f"{BEHIND}/{self.stage.app}/web:{tag}", self._reference(tag)
        done = self.stage.on_server(
            f"printf 'FROM {BASE}\\nLABEL made={reference}\\n' |"
            f" DOCKER_BUILDKIT=0 docker build -q -t {behind} - && docker push -q {behind} &&"
            f" docker rmi {behind} >/dev/null && echo pushed"
        )
        assert "pushed" in done.splitlines(), done
        return reference

    def fails(self, how: str) -> None:
        """Answer with this fault from now on; see registry.py."""
        self.stage.on_server(f"echo '{how}' >{self.folder}/fault")

    def works(self) -> None:
        self.fails("")

    def stop(self) -> None:
        self.stage.on_server(f"docker kill {self.name}")

    def start(self) -> None:
        self.stage.on_server(f"docker start {self.name}")
        self._answers()

    def _answers(self) -> None:
        asked = f"curl -s --max-time 2 -o /dev/null http://{self.address}/v2/ && echo yes"
        wait_until(lambda: self.stage.on_server(asked) == "yes\n")

    def _reference(self, tag: str) -> str:
        return f"{self.address}/{self.stage.app}/web:{tag}"
