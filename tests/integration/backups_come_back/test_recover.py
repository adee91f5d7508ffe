"""A snapshot is drilled without a trace, and brings a whole environment up on an empty server."""

from collections.abc import Iterator
from signal import SIGKILL
from typing import Any

import pytest
from backups_come_back.databases import content, fill
from backups_come_back.shop import KEY, Shop
from backups_come_back.tree import grow, listing
from stage import wait_until

ON = "deploy@production.sandbox"
ROOTS = ("/uploads", "/media")


def trees(shop: Shop) -> list[dict[str, Any]]:
    return [listing(shop, root) for root in ROOTS]


@pytest.fixture(scope="module")
def snapshot(shop: Shop) -> str:
    fill(shop)
    for root in ROOTS:
        grow(shop, root)
    return shop.backup()


@pytest.fixture
def elsewhere(shop: Shop) -> Iterator[Shop]:
    """The same app on the other server, where it is not yet; removed afterwards."""
    found = shop.on("production")
    yield found
    found.clear()


def test_a_drill_leaves_nothing(shop: Shop, snapshot: str) -> None:
    before = content(shop), trees(shop), shop.containers(), shop.volumes()

    ended = shop.inv("backup.drill", "--key", KEY)

    assert ended.code == 0, ended.all
    assert (content(shop), trees(shop), shop.containers(), shop.volumes()) == before
    shop.assert_tidy()
    (drilled,) = shop.listed()
    assert (drilled["id"], drilled["level"]) == (snapshot, 3)


def test_where_something_is_there_it_is_refused(shop: Shop, snapshot: str) -> None:
    before = content(shop), shop.containers(), shop.volumes()
    ended = shop.inv("recover", "--key", KEY, "--yes")
    shop.refused(ended, "is there already", "`inv restore`")
    assert (content(shop), shop.containers(), shop.volumes()) == before
    assert snapshot


@pytest.mark.thorough
@pytest.mark.parametrize(
    "reached",
    [
        pytest.param(
            "test -e {root}/backup/recovering",
            id="while volumes are filled",
        ),
        pytest.param("grep -q ^filled {root}/backup/recovering", id="when data is back"),
        pytest.param("grep -q start {root}/.step", id="while it starts"),
    ],
)
def test_one_that_was_cut_off_is_taken_up_again(
    shop: Shop, snapshot: str, elsewhere: Shop, reached: str
) -> None:
    there = f"{reached.format(root=elsewhere.root)} && echo yes || true"
    with shop.type("recover", "--key", KEY, "--yes", "--on", ON) as run:
        wait_until(lambda: elsewhere.on_server(there) == "yes\n")
        run.send_signal(SIGKILL)
        shop.ended(run)

    ended = shop.inv("recover", "--key", KEY, "--yes", "--on", ON)

    assert ended.code == 0, ended.all
    assert elsewhere.serving() == shop.tag
    assert content(elsewhere) == content(shop)
    assert trees(elsewhere) == trees(shop)
    assert not elsewhere.on_server(f"ls {elsewhere.root}/backup/recovering 2>/dev/null || true")
    elsewhere.assert_tidy()
    assert snapshot


def modes(shop: Shop) -> str:
    """Return who may read the files of the release: containers that mount them are not root."""
    current = f"cd {shop.root} && find $(readlink current) files -type f -printf '%m %p\\n' | sort"
    return shop.on_server(current)


def test_an_empty_server_serves_the_same(shop: Shop, snapshot: str, elsewhere: Shop) -> None:
    ended = shop.inv("recover", "--key", KEY, "--yes", "--on", ON)
    assert ended.code == 0, ended.all
    assert elsewhere.serving() == shop.tag
    assert content(elsewhere) == content(shop)
    assert trees(elsewhere) == trees(shop)
    assert modes(elsewhere) == modes(shop)
    elsewhere.assert_tidy()
    (proven,) = shop.listed()
    assert (proven["id"], proven["level"]) == (snapshot, 4)

    again = shop.inv("recover", "--key", KEY, "--yes", "--on", ON)
    shop.refused(again, "is there already")
    assert content(elsewhere) == content(shop)
