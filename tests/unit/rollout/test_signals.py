"""A run is interrupted once, between taking the lock and its end; never before, never after."""

import signal

import pytest

from deploy.rollout.signals import Signals

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_waits_until_the_lock_is_taken(number: signal.Signals) -> None:
    with Signals() as signals:
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signals.heed()


@pytest.mark.parametrize("number", BOTH)
def test_a_second_one_does_not_wait(number: signal.Signals) -> None:
    def ask_twice() -> None:
        with Signals():
            signal.raise_signal(number)
            signal.raise_signal(number)
            pytest.fail("it still waits")

    with pytest.raises(KeyboardInterrupt):
        ask_twice()


@pytest.mark.parametrize("number", BOTH)
def test_one_interrupts_and_the_next_leaves_the_undoing_alone(number: signal.Signals) -> None:
    with Signals() as signals:
        signals.heed()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)
    signal.raise_signal(number)  # and so is the telling of how it ended


def test_what_is_recorded_is_done() -> None:
    with Signals() as signals:
        signals.heed()
        signals.ignore()
        signal.raise_signal(signal.SIGINT)
    assert {signal.getsignal(number) for number in BOTH} == {signal.SIG_IGN}  # at Python's end too


def test_one_that_waited_in_vain_for_the_lock_is_not_lost() -> None:
    before = signal.getsignal(signal.SIGINT)

    def be_refused() -> None:
        with Signals():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        be_refused()
    assert signal.getsignal(signal.SIGINT) == before


def test_a_job_in_the_background_stays_deaf_to_its_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Signals() as signals:
        signals.heed()
        signal.raise_signal(signal.SIGINT)
