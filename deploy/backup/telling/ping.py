"""A dead man's switch: a service that raises the alarm when it is not pinged in time.

The URLs are those of healthchecks.io, which others have taken over: the URL itself for success,
`/start` and `/fail` after it for the beginning and for a failure.
"""

import re
import time
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from deploy.errors import NotTold, SettingsError
from deploy.host import Secret

SUCCESS: Final = ""
START: Final = "/start"
FAIL: Final = "/fail"
ATTEMPTS = 3
TIMEOUT = 5.0  # seconds for each attempt
PAUSE = 1.0  # seconds between two
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*")


def check_url(url: Secret, place: str) -> Secret:
    """Return `url` where it can be pinged. Raises `SettingsError`, which does not show it."""
    if not _URL.fullmatch(url.reveal()):
        raise SettingsError(place, "it is no URL", 'write "https://hc-ping.com/…"')
    return url


def ping(url: Secret, ending: str, text: str, place: str, pause: float = PAUSE) -> None:
    """Tell that a backup began, succeeded or failed, with `text`. Raises `NotTold`.

    `ending` is SUCCESS, START or FAIL. `pause` is in seconds, between attempts.
    """
    why = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause)
        why = _refusal(url, ending, text)
        if not why:
            return
    raise NotTold(place, f"{why}, {ATTEMPTS} times", "see that the URL is right and reachable")


def _refusal(url: Secret, ending: str, text: str) -> str:
    """Ping once; return what is wrong, without a word of the URL, or nothing."""
    try:
        target = _with_ending(url.reveal(), ending)
        request = Request(target, data=text.encode(), method="POST")  # noqa: S310 - http by check_url
        with urlopen(request, timeout=TIMEOUT):  # noqa: S310 - the same
            return ""
    except HTTPError as error:
        error.close()
        return f"it answers {error.code}"
    except (OSError, HTTPException, ValueError):
        return "it does not answer"


def _with_ending(url: str, ending: str) -> str:
    """Return the URL for an ending, which comes before a query.

    >>> _with_ending("https://hc-ping.com/key/shop?create=1", "/fail")
    'https://hc-ping.com/key/shop/fail?create=1'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/") + ending if ending else parts.path
    return parts._replace(path=path).geturl()
