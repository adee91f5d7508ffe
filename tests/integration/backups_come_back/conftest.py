"""One app for each file, on `staging`; the tests of a file share it."""

from collections.abc import Iterator

import pytest
from backups_come_back.shop import Shop, make_shop

from deploy.sandbox import Sandbox


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = make_shop(sandbox, tmp_path_factory.mktemp("shop") / "checkout")
    yield found
    found.close()
