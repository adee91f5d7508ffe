"""Machines: what is run on them, and the ways to reach them."""

from deploy.host.base import Host, Process, check
from deploy.host.command import Command, Result, Script, Secret
from deploy.host.local import owner
from deploy.host.step import Run, Step, run_step, step_script

__all__ = [
    "Command",
    "Host",
    "Process",
    "Result",
    "Run",
    "Script",
    "Secret",
    "Step",
    "check",
    "owner",
    "run_step",
    "step_script",
]
