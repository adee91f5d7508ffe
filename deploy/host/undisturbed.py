"""Work that a signal must not leave half done."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread, current_thread, main_thread
from typing import TypeVar

_Made = TypeVar("_Made")


def undisturbed(make: Callable[[], _Made], undo: Callable[[_Made], None]) -> _Made:
    """Return what `make` returns, off the main thread; a signal interrupts the waiting only.

    Python raises KeyboardInterrupt in the main thread between any two instructions: in the middle
    of a library that leaves a lock taken for ever, or a packet counted and not sent. What is made
    after nobody waits for it any more goes to `undo`.
    """
    if current_thread() is not main_thread():
        return make()
    made: Future[_Made] = Future()

    def work() -> None:
        try:
            made.set_result(make())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            made.set_exception(error)

    try:
        Thread(target=work, daemon=True).start()
        return made.result()
    except KeyboardInterrupt:
        made.add_done_callback(lambda late: None if late.exception() else undo(late.result()))
        raise
