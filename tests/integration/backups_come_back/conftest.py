"""One app for each file, on `staging`; the tests of a file share it."""

from collections.abc import Iterator

import pytest
from backups_come_back.elsewhere import Elsewhere, made_by_hand
from backups_come_back.shop import Shop, make_shop

from deploy.sandbox import Sandbox


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = make_shop(sandbox, tmp_path_factory.mktemp("shop") / "checkout")
    yield found
    found.close()


@pytest.fixture
def elsewhere(shop: Shop) -> Iterator[Elsewhere]:
    """A new, empty Postgres on the server."""
    with made_by_hand(shop) as made:
        yield made
