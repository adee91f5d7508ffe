"""Uploads parts by presigned URLs: several at once, each tried again, none held in memory."""

import base64
import hashlib
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import curl
from .channel import Channel
from .stages import Failed

if TYPE_CHECKING:
    from tempfile import _TemporaryFileWrapper

    _Part = _TemporaryFileWrapper[bytes]

ATTEMPTS = 6
PAUSE = 1.0


@contextmanager
def _kept() -> Iterator[None]:
    """Say so where a part cannot be kept until it is sent, as on a full disk."""
    try:
        yield
    except OSError as error:
        raise Failed("parts", error.strerror or str(error)) from None


class Uploader:
    """Cuts what it is given into parts in `folder`, and sends `at_once` of them at a time.

    `options` are `folder`, `at_once`, and `sizes`: pairs of how many parts have how many bytes.
    `pause` is how many seconds pass before the second attempt; doubled each time.
    """

    def __init__(self, channel: Channel, options: Mapping[str, Any], pause: float = PAUSE) -> None:
        self._channel, self._pause = channel, pause
        self._folder = Path(options["folder"])
        self._sizes = chain.from_iterable(repeat(size, count) for count, size in options["sizes"])
        self._room = threading.Semaphore(int(options["at_once"]))
        self._pool = ThreadPoolExecutor(int(options["at_once"]))
        self._futures: list[Future[dict[str, Any]]] = []
        self._broken = threading.Event()
        self._left = 0
        self._part: _Part | None = None
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, data: bytes) -> None:
        """Take bytes; waits while as many parts are under way as may be. Raises `Failed`."""
        view = memoryview(data)
        while view:
            with _kept():
                part = self._part or self._begin()
                taken = view[: self._left]
                part.write(taken)
                self._md5.update(taken)
                self._left -= len(taken)
                view = view[len(taken) :]
                if not self._left:
                    self._send(part)

    def finish(self) -> dict[str, Any]:
        """Send what is left; return each part with its ETag. Raises `Failed`."""
        with _kept():
            if self._part or not self._futures:
                self._send(self._part or self._begin())  # nothing at all is one empty part
        return {"parts": self._results()}

    def _begin(self) -> "_Part":
        self._room.acquire()
        if self._broken.is_set():
            self._results()
        self._left = next(self._sizes, 0)
        if not self._left:
            raise Failed("upload", "it is larger than the store takes in one object")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._part = tempfile.NamedTemporaryFile(dir=self._folder, delete=False)  # noqa: SIM115
        return self._part

    def _send(self, part: "_Part") -> None:
        part.close()
        self._part = None
        number = len(self._futures) + 1
        md5 = base64.b64encode(self._md5.digest()).decode()
        self._futures.append(self._pool.submit(self._upload, number, Path(part.name), md5))

    def _upload(self, number: int, file: Path, md5: str) -> dict[str, Any]:
        try:
            etag = self._until_it_works(str(number), file, md5)
        except BaseException:
            self._broken.set()
            raise
        finally:
            file.unlink()
            self._room.release()
        return {"number": number, "etag": etag}

    def _until_it_works(self, name: str, file: Path, md5: str) -> str:
        url = self._channel.url(name)
        answer = curl.Answer(0)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause * 2 ** (attempt - 1))
            answer = curl.put(url, file, md5)
            if answer.ok:
                self._channel.forget(name)
                return answer.etag
            if answer.status == curl.FORBIDDEN:
                url = self._channel.url(name, stale=url)
            elif not answer.transient:
                break
        raise Failed("upload", f"part {name}: {answer.why}")

    def _results(self) -> list[dict[str, Any]]:
        return [future.result() for future in self._futures]
