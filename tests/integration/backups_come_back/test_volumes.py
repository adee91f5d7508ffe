"""What lies on a volume, or in a folder of the server, comes back as it was.

Names, content, links, owners, modes, times.
"""

import pytest
from backups_come_back.shop import Shop
from backups_come_back.tree import grow, listing, ruin


@pytest.mark.parametrize("name", ["uploads", "media"], ids=["volume", "folder"])
def test_what_is_ruined_comes_back_and_the_ruin_too(shop: Shop, name: str) -> None:
    root = f"/{name}"
    grow(shop, root)
    before = listing(shop, root)
    assert len(before) > 70, sorted(before)
    assert before[repr(f"{root}/sparse".encode())]["sparse"]
    shop.backup()
    ruin(shop, root)
    ruined = listing(shop, root)
    assert ruined != before

    ended = shop.restore("--only", name)
    assert ended.code == 0, ended.all
    assert listing(shop, root) == before

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert listing(shop, root) == ruined
    shop.assert_tidy()
