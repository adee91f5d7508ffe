"""The sums by which S3 knows that content is whole. Pure."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5


def crc32(data: bytes) -> str:
    """Return what `x-amz-checksum-crc32` says of `data`."""
    return b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def content_md5(data: bytes) -> str:
    """Return what `Content-MD5` says of `data`."""
    return b64encode(md5(data, usedforsecurity=False).digest()).decode()


def etag_of_parts(etags: Mapping[int, str]) -> str:
    """Return the ETag of the whole: the MD5 of the parts' MD5s, and their number.

    Empty where the parts' ETags are no MD5s, as with some kinds of encryption.
    """
    total = md5(usedforsecurity=False)
    try:
        for number in sorted(etags):
            total.update(bytes.fromhex(etags[number].strip('"')))
    except ValueError:
        return ""
    return f"{total.hexdigest()}-{len(etags)}"
