"""A machine that shows no secrets: neither in what it says on the way, nor in what went wrong."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from deploy.errors import CommandTimedOut
from deploy.host.base import Host, Process
from deploy.host.command import Command, Result, Secret

MASK = "***"


@dataclass(frozen=True)
class Mask:
    """Takes `secrets` out of text: each whole, and each of its lines, as logs come line by line."""

    secrets: tuple[Secret, ...]

    def text(self, text: str) -> str:
        """Return `text` without them."""
        for hidden in sorted(self._hidden(), key=len, reverse=True):  # one may hold another
            text = text.replace(hidden, MASK)
        return text

    def tree(self, value: Any) -> Any:  # noqa: ANN401 - whatever a document is made of
        """Return a document whose strings are without them."""
        if isinstance(value, dict):
            return {key: self.tree(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.tree(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def _hidden(self) -> Iterator[str]:
        for secret in self.secrets:
            yield secret.reveal()
            yield from (line for line in secret.reveal().splitlines() if len(line) > len(MASK))


@dataclass
class MaskedHost:
    """`inner`, whose standard error and watched lines are masked; what is parsed stays whole."""

    inner: Host
    secrets: Iterable[Secret] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the mask."""
        self._mask = Mask(tuple(self.secrets))

    @property
    def name(self) -> str:
        """What errors and plans call it."""
        return self.inner.name

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start `command`: what it writes is read, or shown to who asked for it, as it is."""
        return self.inner.start(command, terminal=terminal)

    def run(self, command: Command, *, watch: Callable[[str], None] | None = None) -> Result:
        """Run `command` to its end."""
        masked = (lambda line: watch(self._mask.text(line))) if watch else None
        try:
            result = self.inner.run(command, watch=masked)
        except CommandTimedOut as error:
            error.detail = self._mask.text(error.detail)
            raise
        errors = self._mask.text(result.stderr.decode(errors="replace"))
        return dataclasses.replace(result, stderr=errors.encode())

    def close(self) -> None:
        """Let go of the machine."""
        self.inner.close()
