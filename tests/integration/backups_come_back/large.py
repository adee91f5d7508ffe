"""A table that takes a while, so that something can happen meanwhile."""

from backups_come_back.shop import Shop

# Of what hardly compresses.
LARGE = """
create table if not exists large as
    select n, (select string_agg(md5(random()::text || n || i), '') text
               from generate_series(1, 32) as parts (i))
    from generate_series(1, 50000) as lines (n);
"""


def lines_of_large(shop: Shop) -> str:
    """Return how many lines there are, and what is in them."""
    return shop.sql("select count(*), md5(string_agg(md5(text), '' order by n)) from large").strip()
