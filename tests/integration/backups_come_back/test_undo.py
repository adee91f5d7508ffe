"""`inv restore.undo` takes back exactly what the last restore has swapped in."""

import pytest
from backups_come_back.shop import Shop

NOTHING = "no restore has put anything aside here"


def mark(shop: Shop, word: str) -> None:
    shop.python(f"[open(f'/{{at}}/mark', 'w').write('{word}') for at in ('uploads', 'media')]")


def marks(shop: Shop) -> list[str]:
    said = shop.python("print(*(open(f'/{at}/mark').read() for at in ('uploads', 'media')))")
    return said.split()


def test_what_no_restore_has_swapped_is_not_put_back(shop: Shop) -> None:
    mark(shop, "new")
    half_filled = f"{shop.project}_uploads-restore"
    shop.on_server(f"docker volume create {half_filled}")

    shop.refused(shop.inv("restore.undo", "--yes"), NOTHING)

    assert marks(shop) == ["new", "new"]
    shop.on_server(f"docker volume rm {half_filled}")


@pytest.mark.thorough
def test_of_two_restores_the_last_one_is_undone(shop: Shop) -> None:
    mark(shop, "old")
    shop.backup()
    mark(shop, "new")
    for name in ("uploads", "media"):
        ended = shop.restore("--only", name)
        assert ended.code == 0, ended.all
    assert marks(shop) == ["old", "old"]

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert marks(shop) == ["old", "new"]
    shop.assert_tidy()


@pytest.mark.thorough
def test_a_snapshot_that_lacks_a_source_costs_no_way_back(shop: Shop) -> None:
    mark(shop, "old")
    without = shop.backup("--only", "db")
    shop.backup()
    mark(shop, "new")
    ended = shop.restore("--only", "uploads")
    assert ended.code == 0, ended.all

    shop.refused(shop.restore("--only", "uploads", "--point", without), "does not hold it")

    ended = shop.inv("restore.undo", "--yes")
    assert ended.code == 0, ended.all
    assert marks(shop) == ["new", "new"]


@pytest.mark.thorough
def test_a_folder_right_below_the_root_is_swapped(shop: Shop) -> None:
    place = f"/{shop.app}-media"
    with shop.edited("compose.yaml", ("./media:/media", f"{place}:/media")):
        shop.release(shop.next_tag(), "--no-backup")
        mark(shop, "old")
        shop.backup()
        mark(shop, "new")
        ended = shop.restore()
        assert ended.code == 0, ended.all
        assert marks(shop) == ["old", "old"]
        ended = shop.inv("restore.undo", "--yes")
        assert ended.code == 0, ended.all
        assert marks(shop) == ["new", "new"]
    shop.release(shop.next_tag(), "--no-backup")
    shop.on_server(f"docker run --rm --volume /:/at busybox rm -rf /at{place} /at{place}-restore")
