"""A server in a box: servers and a registry in containers on this machine."""

from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.status import Piece, Status

__all__ = ["Piece", "Sandbox", "Status"]
