from hypothesis import given
from hypothesis import strategies as st

from deploy.backup.stores.s3.versions import _common

KEYS = st.lists(st.text("ab/", max_size=6), min_size=1, max_size=5)


@given(KEYS)
def test_what_the_first_and_the_last_begin_with_all_begin_with(keys: list[str]) -> None:
    prefix = _common(min(keys), max(keys))

    assert all(key.startswith(prefix) for key in keys)
    longer = {key[: len(prefix) + 1] for key in keys}
    assert len(longer) > 1 or longer == {prefix}
