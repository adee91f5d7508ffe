import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.proxy.upstream import (
    Described,
    Server,
    describe,
    render_awaited,
    render_settled,
    render_switched,
)

OPTIONS = {"port": 8000, "balance": "", "keepalive": 32}
NEW = [Server("shop-web-3", "172.18.0.6"), Server("shop-web-4", "172.18.0.7")]
OLD = [Server("shop-web-1", "172.18.0.4")]


def test_switched_new_ones_serve_at_once_and_old_ones_stand_by() -> None:
    assert (
        render_switched("web", OPTIONS, NEW, OLD)
        == """\
# slipway {"names": ["shop-web-3", "shop-web-4"], "settled": false}
upstream web {
    zone web 128k;
    resolver 127.0.0.11 valid=1s ipv6=off;
    server 172.18.0.6:8000 max_fails=0;
    server 172.18.0.7:8000 max_fails=0;
    server shop-web-3:8000 resolve max_fails=0;
    server shop-web-4:8000 resolve max_fails=0;
    server shop-web-1:8000 resolve backup max_fails=0;
    keepalive 32;
    keepalive_timeout 30s;
}
"""
    )


def test_settled_only_names_stay() -> None:
    assert (
        render_settled("web", OPTIONS, ["shop-web-3"])
        == """\
# slipway {"names": ["shop-web-3"], "settled": true}
upstream web {
    zone web 128k;
    resolver 127.0.0.11 valid=1s ipv6=off;
    server shop-web-3:8000 resolve max_fails=0;
    keepalive 32;
    keepalive_timeout 30s;
}
"""
    )


def test_awaited_nginx_knows_the_name_and_sends_nothing() -> None:
    text = render_awaited("web", OPTIONS)

    assert "server 127.0.0.1:1 down;" in text
    assert describe(text.partition("\n")[0]) == Described()


@pytest.mark.parametrize(
    ("balance", "backup"),
    [("", True), ("least_conn", True), ("ip_hash", False), ("random", False)],
)
def test_some_ways_to_balance_know_no_backup(balance: str, *, backup: bool) -> None:
    text = render_switched("web", {**OPTIONS, "balance": balance}, NEW, OLD)

    assert (" backup " in text) is backup
    assert (f"    {balance};\n" in text) is bool(balance)


def test_keepalive_comes_after_the_way_to_balance() -> None:
    text = render_settled("web", {**OPTIONS, "balance": "least_conn", "keepalive": 8}, ["a"])

    assert text.index("least_conn;") < text.index("keepalive 8;")


names = st.lists(st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True), max_size=4)


@given(names)
def test_a_file_says_what_it_is(found: list[str]) -> None:
    servers = [Server(name, "10.0.0.1") for name in found]
    settled = render_settled("web", OPTIONS, found)
    switched = render_switched("web", OPTIONS, servers, OLD)

    assert describe(settled.partition("\n")[0]) == Described(tuple(found), settled=True)
    assert describe(switched.partition("\n")[0]) == Described(tuple(found), settled=False)


@pytest.mark.parametrize("line", ["", "upstream web {", "# by hand", "#slipway {}"])
def test_a_file_of_somebody_else_says_nothing(line: str) -> None:
    assert describe(line) == Described()
