"""When a run heeds SIGINT and SIGTERM: between taking the lock and the first thing that fails."""

import signal
from enum import Enum, auto
from types import FrameType, TracebackType
from typing import Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class _State(Enum):
    HOLD, HEED, DEAF = auto(), auto(), auto()


class Signals:
    """A context around a run.

    At first a signal waits, so that the lock is taken or not, and nothing between; a second one
    does not wait. After `heed` one signal interrupts. From then on all are ignored: undoing has its
    own deadlines, and what is recorded is done. They stay ignored behind the context, where the
    process has only to tell how it ended; but where there was no lock, all is as before.
    """

    def __init__(self) -> None:
        self._state = _State.HOLD
        self._waiting = False

    def __enter__(self) -> Self:
        self._before = {number: signal.getsignal(number) for number in _NUMBERS}
        for number, action in self._before.items():
            if action != signal.SIG_IGN:  # a job in the background stays deaf to its terminal
                signal.signal(number, self._came)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._state != _State.HOLD:
            return
        for number, action in self._before.items():
            signal.signal(number, action)
        if self._waiting:
            raise KeyboardInterrupt from None

    def heed(self) -> None:
        """From now on a signal interrupts; one that waits does so at once."""
        self._state = _State.HEED
        if self._waiting:
            self._interrupt()

    def ignore(self) -> None:
        """From now on nothing interrupts any more, not even where Python itself is ending."""
        self._state = _State.DEAF
        for number in _NUMBERS:
            signal.signal(number, signal.SIG_IGN)

    def _came(self, _number: int, _frame: FrameType | None) -> None:
        if self._state == _State.HEED or (self._state == _State.HOLD and self._waiting):
            self._interrupt()
        self._waiting = True

    def _interrupt(self) -> None:
        self._state, self._waiting = _State.DEAF, False
        raise KeyboardInterrupt
