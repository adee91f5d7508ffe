"""Who pulls images from a registry: handed to the server for the time of one pull, on stdin."""

import base64
import json
from dataclasses import dataclass

from deploy.errors import SettingsError
from deploy.host import Secret

HUB = "docker.io"
_HUB_KEY = "https://index.docker.io/v1/"  # what Docker calls its hub in config.json


@dataclass(frozen=True)
class Login:
    """A name and password for one registry; `source` is the variable the password comes from."""

    registry: str
    username: str
    password: Secret | None
    source: str

    def covers(self, image: str) -> bool:
        """Whether `image` comes from this registry."""
        return registry_of(image) == self.registry

    def config(self) -> bytes:
        """Return the config.json with which `docker pull` logs in; nothing without a password."""
        if self.password is None:
            return b""
        auth = base64.b64encode(f"{self.username}:{self.password.reveal()}".encode()).decode()
        key = _HUB_KEY if self.registry == HUB else self.registry
        return json.dumps({"auths": {key: {"auth": auth}}}).encode()

    def missing(self) -> SettingsError:
        """Return the error for a pull that needs the password, where none is set."""
        return SettingsError(
            self.source,
            f"the password for {self.registry} is not set",
            f"set the environment variable {self.source}, as deploy.toml says",
        )


def registry_of(image: str) -> str:
    """Return the registry that an image comes from.

    >>> registry_of("registry.example.com:5000/team/web:1"), registry_of("team/web:1")
    ('registry.example.com:5000', 'docker.io')
    """
    head, slash, _ = image.partition("/")
    is_address = slash and (head == "localhost" or "." in head or ":" in head)
    return head if is_address else HUB
