"""RECOVER.md, followed word for word, brings everything back without Slipway."""

from pathlib import Path

import pytest
from backups_come_back.databases import content, fill
from backups_come_back.elsewhere import Elsewhere, fetch
from backups_come_back.shop import Shop


@pytest.mark.thorough
def test_the_page_is_enough(shop: Shop, elsewhere: Elsewhere, tmp_path: Path) -> None:
    fill(shop)
    shop.python("open('/uploads/a', 'w').write('kept')")
    before = content(shop)
    snapshot = shop.backup()

    for block in fetch(shop, snapshot, elsewhere, tmp_path):
        commands = block.replace("CONTAINER", elsewhere.container).replace("-U postgres", "-U shop")
        elsewhere.carry_out(commands)

    after = content(elsewhere)
    assert after == before
    assert elsewhere.on_server(f"cat {elsewhere.there}/uploads/a") == "kept"


@pytest.mark.thorough
def test_the_pages_of_a_chain_are_enough(shop: Shop, elsewhere: Elsewhere, tmp_path: Path) -> None:
    shop.python("open('/uploads/old', 'w').write('old'); open('/uploads/a', 'w').write('first')")
    full = shop.backup("--only", "uploads")
    shop.python("import os; os.unlink('/uploads/old'); open('/uploads/a', 'w').write('second')")
    last = shop.backup("--only", "uploads", "--kind", "incremental")

    for snapshot in (full, last):
        (tmp_path / snapshot).mkdir()
        elsewhere.inside_server(f"rm -rf {elsewhere.there}/release")
        for block in fetch(shop, snapshot, elsewhere, tmp_path / snapshot):
            elsewhere.carry_out(block)

    found = elsewhere.on_server(f"cd {elsewhere.there}/uploads; cat a; ls -A")
    assert found.startswith("second")
    assert "old" not in found
    assert "slipway" not in found
