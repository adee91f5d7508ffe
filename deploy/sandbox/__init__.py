"""A server in a box: servers, a registry and S3 in containers on this machine."""

from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.status import Piece, Status

__all__ = ["Piece", "Sandbox", "Status"]
