"""The client may die during a restore: what serves is whole, before the swap and after it."""

from collections.abc import Iterator
from signal import SIGKILL, SIGTERM, Signals

import pytest
from backups_come_back.large import LARGE, lines_of_large
from backups_come_back.shop import KEY, Shop
from stage import wait_until

pytestmark = pytest.mark.thorough

signals = pytest.mark.parametrize("signal", [SIGKILL, SIGTERM])


@pytest.fixture(scope="module")
def kept(shop: Shop) -> str:
    """What a snapshot holds."""
    shop.sql(LARGE)
    shop.backup()
    return lines_of_large(shop)


@pytest.fixture
def changed(shop: Shop, kept: str) -> Iterator[str]:
    """What serves now; whatever happens, a restore puts what was kept back afterwards."""
    shop.sql("delete from large where n % 2 = 0")
    yield lines_of_large(shop)
    ended = shop.restore()
    assert ended.code == 0, ended.all
    assert lines_of_large(shop) == kept
    assert shop.serving() == shop.tag
    shop.assert_tidy()


@signals
def test_while_the_database_is_filled(shop: Shop, changed: str, signal: Signals) -> None:
    with shop.type("restore", "--key", KEY, "--yes") as run:
        wait_until(lambda: bool(shop.stand_ins()))
        run.send_signal(signal)
        ended = shop.ended(run)
    if signal == SIGTERM:
        shop.refused(ended, "interrupted")
    assert lines_of_large(shop) == changed
    assert shop.serving() == shop.tag
    assert not shop.inv("status").err


@signals
def test_during_the_swap(shop: Shop, kept: str, changed: str, signal: Signals) -> None:
    with shop.type("restore", "--key", KEY, "--yes") as run:
        wait_until(lambda: shop.step() == "swap volumes")
        run.send_signal(signal)
        ended = shop.ended(run)
    assert "Traceback" not in ended.all
    wait_until(lambda: not shop.step())
    wait_until(lambda: len(shop.replicas("db")) == 1)
    wait_until(shop.answers)
    assert lines_of_large(shop) in {kept, changed}
    assert shop.serving() == shop.tag
