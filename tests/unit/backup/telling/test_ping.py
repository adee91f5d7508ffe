"""Pings to a real HTTP server: the URLs of healthchecks.io, tried again, and never shown."""

import pytest
from backup.telling.listener import listening, nobody

from deploy.backup.telling.ping import FAIL, START, SUCCESS, _with_ending, check_url, ping
from deploy.errors import NotTold, SettingsError
from deploy.host import Secret

PLACE = "deploy.toml:6: backup.ping"


@pytest.mark.parametrize(
    ("ending", "path"), [(SUCCESS, "/t0ken"), (START, "/t0ken/start"), (FAIL, "/t0ken/fail")]
)
def test_an_ending_comes_after_the_url(ending: str, path: str) -> None:
    with listening() as listener:
        ping(Secret(f"{listener.url}/t0ken"), ending, "it broke.", PLACE)

    assert listener.came == [("POST", path, "it broke.")]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hc.test/key/shop?create=1", "https://hc.test/key/shop/fail?create=1"),
        ("https://hc.test/key/", "https://hc.test/key/fail"),
        ("https://hc.test", "https://hc.test/fail"),
    ],
)
def test_an_ending_comes_before_a_query(url: str, target: str) -> None:
    assert _with_ending(url, FAIL) == target
    assert _with_ending(url, SUCCESS) == url


def test_it_is_tried_again() -> None:
    with listening(503, 500) as listener:
        ping(Secret(f"{listener.url}/t0ken"), SUCCESS, "", PLACE, pause=0)

    assert listener.paths == ["/t0ken"] * 3


def test_after_three_times_it_is_said_without_the_url() -> None:
    with listening(404, 404, 404) as listener, pytest.raises(NotTold) as error:
        ping(Secret(f"{listener.url}/t0ken"), SUCCESS, "", PLACE, pause=0)

    assert str(error.value).startswith(f"{PLACE}: it answers 404, 3 times.")
    assert "t0ken" not in str(error.value) + error.value.detail
    assert listener.address not in str(error.value)


@pytest.mark.parametrize("path", ["t0ken", "tökén"])
def test_nobody_there(path: str) -> None:
    with nobody() as url, pytest.raises(NotTold, match="it does not answer, 3 times") as error:
        ping(Secret(f"{url}/{path}"), SUCCESS, "", PLACE, pause=0)

    assert path not in str(error.value)


@pytest.mark.parametrize(
    "url", ["t0ken", "ftp://hc.test/t0ken", "file:///t0ken", "https://", "http://a b/t0ken"]
)
def test_what_cannot_be_pinged_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="it is no URL") as error:
        check_url(Secret(url), PLACE)
    assert "t0ken" not in str(error.value)
