from hashlib import md5

from hypothesis import given
from hypothesis import strategies as st

from deploy.backup.stores.s3 import sums


def test_sums_are_those_that_s3_shows() -> None:
    assert sums.crc32(b"123456789") == "y/Q5Jg=="
    assert sums.content_md5(b"") == "1B2M2Y8AsgTpgAmY7PhCfg=="


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=12))
def test_the_etag_of_a_whole_is_made_of_its_parts_in_their_order(parts: list[bytes]) -> None:
    each = [md5(part, usedforsecurity=False) for part in parts]
    etags = {number: f'"{one.hexdigest()}"' for number, one in enumerate(each, 1)}
    backwards = dict(reversed(etags.items()))
    whole = md5(b"".join(one.digest() for one in each), usedforsecurity=False).hexdigest()

    assert sums.etag_of_parts(etags) == f"{whole}-{len(parts)}"
    assert sums.etag_of_parts(backwards) == sums.etag_of_parts(etags)


def test_there_is_none_where_the_parts_have_no_md5s() -> None:
    assert sums.etag_of_parts({1: '"not-an-md5"'}) == ""
