"""The sandbox's S3 API: where it is, and the bucket that it has."""

import urllib.request
from typing import Final

from deploy.sandbox.ports import LOOPBACK

PORT: Final = 4566
ENDPOINT: Final = f"http://s3.sandbox:{PORT}"
"""The API as the servers name it."""
BUCKET: Final = "backups"
SECRET: Final = "test"  # noqa: S105 - it guards nothing
"""AWS_SECRET_ACCESS_KEY of whoever signs URLs; the key's id may be anything."""


def ensure_bucket(port: int) -> bool:
    """Make the bucket where it is not there yet; tell whether the API on a loopback port has it."""
    request = urllib.request.Request(f"http://{LOOPBACK}:{port}/{BUCKET}", method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            return True
    except OSError:
        return False
