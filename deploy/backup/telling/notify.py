"""Notifications by Apprise. It is imported when it is used."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.errors import NotTold, SettingsError
from deploy.host import Secret

if TYPE_CHECKING:
    from apprise import NotifyBase

EXAMPLE = "slack://…"


class Channel:
    """Where one URL of Apprise leads. The URL is a secret: `place` names it in errors.

    Raises `SettingsError` where Apprise does not understand the URL.
    """

    def __init__(self, url: Secret, place: str) -> None:
        self._place = place
        self._service = _service(url, place)

    def send(self, title: str, text: str) -> None:
        """Send a message, within seconds. Raises `NotTold`."""
        from apprise import Apprise, NotifyType

        one = Apprise()
        one.add(self._service)
        with _unlogged():
            try:
                sent = bool(one.notify(body=text, title=title, notify_type=NotifyType.FAILURE))
            except Exception:  # noqa: BLE001 - some hundred plugins; what a backup said counts more
                sent = False
        if not sent:
            remedy = "try the URL with the `apprise` command, which says why"
            raise NotTold(self._place, "the notification was not taken", remedy)


def _service(url: Secret, place: str) -> "NotifyBase":
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(app_id="Slipway", app_desc="Slipway", storage_mode="memory")
    with _unlogged():
        found = Apprise.instantiate(url.reveal(), asset=asset)
    if found is None:
        raise SettingsError(
            place,
            "it is no URL that Apprise understands",
            f'write it as "{EXAMPLE}", see https://github.com/caronc/apprise/wiki',
        )
    return found


@contextmanager
def _unlogged() -> Iterator[None]:
    """Let nobody log meanwhile: Apprise and urllib3 would write parts of the URL."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
