"""Machines: what is run on them, and the ways to reach them."""

from deploy.host.base import Host, Process, check
from deploy.host.command import Command, Result, Script, Secret

__all__ = ["Command", "Host", "Process", "Result", "Script", "Secret", "check"]
