import os
import signal
import threading
from collections.abc import Iterator

import pytest

from deploy.host.undisturbed import undisturbed


def refuse(made: object) -> None:
    pytest.fail(f"{made} was undone")


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_made_comes_back() -> None:
    assert undisturbed(lambda: "made", refuse) == "made"


def test_an_error_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        undisturbed(lambda: 1 // 0, refuse)


def test_a_signal_leaves_nothing_half_done_and_nothing_behind() -> None:
    goes_on, undone = threading.Event(), threading.Event()
    finished: list[str] = []

    def make() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        assert goes_on.wait(10)
        finished.append("made")
        return "made"

    def undo(made: str) -> None:
        finished.append(f"{made} is undone")
        undone.set()

    with pytest.raises(KeyboardInterrupt):
        undisturbed(make, undo)
    assert finished == []
    goes_on.set()
    assert undone.wait(10)
    assert finished == ["made", "made is undone"]


def test_what_fails_after_a_signal_is_not_undone() -> None:
    goes_on = threading.Event()

    def make() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        assert goes_on.wait(10)
        raise OSError("too late")

    with pytest.raises(KeyboardInterrupt):
        undisturbed(make, refuse)
    goes_on.set()


def test_off_the_main_thread_it_is_simply_done() -> None:
    where: list[threading.Thread] = []

    def work() -> None:
        where.append(undisturbed(threading.current_thread, refuse))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert where == [thread]
