"""curl: one request each. URLs go in by standard input, as whoever sees one may use it."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .stages import piped

_PATIENCE = ("--connect-timeout", "10", "--speed-limit", "1024", "--speed-time", "60")
_OK, _SERVER_ERRORS = 200, 500
_BUSY = frozenset([408, 429])
FORBIDDEN, GONE = 403, 404


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status (0 for none), the ETag, and what was wrong in a few words."""

    status: int
    etag: str = ""
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is done."""
        return self.status == _OK and bool(self.etag)

    @property
    def transient(self) -> bool:
        """Whether the same may work in a while."""
        return self.status == 0 or self.status in _BUSY or self.status >= _SERVER_ERRORS


def put(url: str, file: Path, md5: str) -> Answer:
    """Send `file` to `url`; the store refuses it unless its MD5, in base64, is `md5`."""
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--config", "-", *_PATIENCE),
            *("--upload-file", str(file), "--header", "Content-Type:"),
            *("--header", f"Content-MD5: {md5}"),
            *("--dump-header", "-", "--write-out", "\n%{http_code}"),
        ],
        input=_config(url),
        capture_output=True,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    status = text.rpartition("\n")[2]
    etag = re.search(r"(?mi)^etag:\s*(\S+)", text)
    code = re.search(r"<Code>(.*?)</Code>", text)
    why = code[1] if code else done.stderr.decode(errors="replace").strip()
    return Answer(int(status or 0), etag[1] if etag else "", why or f"HTTP {status}")


def get(url: str, offset: int) -> "subprocess.Popen[bytes]":
    """Fetch what is at `url` from byte `offset` on; the status comes last on standard error."""
    process = subprocess.Popen(
        [
            *("curl", "--silent", "--show-error", "--fail", "--config", "-", *_PATIENCE),
            *("--range", f"{offset}-", "--write-out", "%{stderr}\n%{http_code}"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with piped(process.stdin) as config:
        config.write(_config(url))
    return process


def fetched(code: int, errors: "IO[bytes]") -> Answer:
    """Return what came of `get`, from curl's exit code and its standard error."""
    said, _, status = errors.read().decode(errors="replace").rstrip().rpartition("\n")
    number = int(status) if status.isdigit() else 0
    cut = code != 0 and number < 400  # noqa: PLR2004 - it began well and broke off
    return Answer(0 if cut else number, "", said.strip() or f"HTTP {number}")


def _config(url: str) -> bytes:
    return f"url = {json.dumps(url)}\n".encode()
