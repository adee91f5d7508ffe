"""A store in a folder on the server. Each act is one script there."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from deploy.backup.stores.base import Entry, Kept, Upload
from deploy.backup.stores.folder.settings import FolderSettings
from deploy.errors import AlreadyThere, NotThere, StoreError, StoreRefused
from deploy.host import Host, Result, Script

_FOLDER = Script("deploy.backup.stores.folder", "folder.sh")
_TIMEOUT: Final = 300.0  # seconds for one act; a share may be slow
_FULL: Final = ("No space left on device", "Disk quota exceeded")
_DENIED: Final = ("Permission denied", "Operation not permitted", "Read-only file system")
_WHOLE: Final = "whole"  # the last line of a list
_PROBE: Final = "probe"


class _Ends(IntEnum):
    """How the script ends where it knows what is wrong."""

    NO_FOLDER = 60
    NO_RIGHT = 61
    NOT_THERE = 62
    ALREADY_THERE = 63
    OTHER_SIZE = 64


class FolderStore:
    """Objects are files below a folder of `host`. See `Store` for what each method promises.

    Where there is no way to the host, its own errors are raised: `HostError`.
    """

    def __init__(self, host: Host, settings: FolderSettings) -> None:
        self._host = host
        self._path = PurePosixPath(settings.path)

    def keys(self, prefix: str) -> Iterator[Entry]:
        """Yield every file whose key begins with `prefix`, by key."""
        folder = prefix.rpartition("/")[0]
        found = (
            Entry(f"{folder}/{name}" if folder else name, size, modified)
            for size, modified, name in self._listed("list", folder)
        )
        yield from sorted(
            (entry for entry in found if entry.key.startswith(prefix)), key=lambda entry: entry.key
        )

    def read(self, key: str) -> bytes:
        """Return a small object whole."""
        size, _, data = self._run("read", key).partition(b"\n")
        if len(data) != int(size):
            raise StoreError(self._place(key), "it did not come whole", "run it again")
        return data

    def write(self, key: str, data: bytes) -> None:
        """Write a small object where there is none."""
        self._run("write", key, secrets.token_hex(8), str(len(data)), stdin=data)

    def remove(self, keys: Iterable[str]) -> tuple[Kept, ...]:
        """Remove objects, and folders that are empty then. None is ever kept by a lock."""
        lines = "".join(f"{self._checked(key)}\n" for key in keys)
        if lines:
            self._run("remove", stdin=lines.encode())
        return ()

    def begin(self, key: str) -> Upload:
        """Begin to send an object: there is an empty file that its bytes go to."""
        token = secrets.token_hex(8)
        return Upload(key, token, _moment(self._run("begin", key, token).decode()))

    def part_urls(self, upload: Upload, numbers: Iterable[int], seconds: int) -> dict[int, str]:  # noqa: ARG002 - a file does not expire
        """Return the URL of the upload's file: all of it is one part, number 1."""
        return dict.fromkeys(numbers, self._url(f".uploads/{upload.id}/{upload.key}"))

    def complete(self, upload: Upload, etags: Mapping[int, str]) -> None:
        """Give an upload its name, where nothing has it. Its ETag is how many bytes it has."""
        self._run("complete", upload.key, upload.id, etags.get(1, ""))

    def abort(self, upload: Upload) -> None:
        """Throw an upload away."""
        self._run("abort", upload.key, upload.id)

    def unfinished(self, prefix: str, before: datetime) -> Iterator[Upload]:
        """Yield the uploads below `prefix` that were begun before then and did not end."""
        begun: dict[str, datetime] = {}
        keys: dict[str, str] = {}
        for _, modified, path in self._listed("uploads"):
            token, _, key = path.partition("/")
            keys[token] = max(keys.get(token, ""), key, key=len)
            if not key:
                begun[token] = modified
        for token, moment in begun.items():
            if moment < before and keys[token].startswith(prefix):
                yield Upload(keys[token], token, moment)

    def link(self, key: str, seconds: int) -> str:  # noqa: ARG002 - a file does not expire
        """Return the URL of an object's file, for who is on the server and may read it."""
        return self._url(self._checked(key))

    def probe(self) -> None:
        """Prove that nothing is overwritten here. Leaves one small object."""
        with suppress(AlreadyThere):
            self.write(_PROBE, b"probe\n")
        self._refuses(lambda: self.write(_PROBE, b"again\n"))
        upload = self.begin(_PROBE)
        try:
            self._refuses(lambda: self.complete(upload, {1: "0"}))
        finally:
            self.abort(upload)

    def close(self) -> None:
        """Do nothing: who opened the way to the host lets it go."""

    def _refuses(self, act: Callable[[], None]) -> None:
        try:
            act()
        except AlreadyThere:
            return
        raise StoreError(
            self._place(_PROBE),
            "what was there was written over",
            "keep backups on a file system that has hard links",
        )

    def _listed(self, verb: str, *arguments: str) -> Iterator[tuple[int, datetime, str]]:
        """Yield size, moment and path of what a list has. Raises where it is not whole."""
        text = self._run(verb, *arguments).decode(errors="replace")
        *lines, last = text.removesuffix("\n").split("\n")
        try:
            rows = [line.split(" ", 2) for line in lines if line]
            found = [(int(size), _moment(when), path) for size, when, path in rows]
        except ValueError:
            last = ""
        if last != _WHOLE:
            raise StoreError(self._place(), "its list cannot be read", "see what lies there")
        yield from found

    def _run(self, verb: str, key: str = "", *arguments: str, stdin: bytes = b"") -> bytes:
        about = (str(self._path), verb, self._checked(key) if key else "", *arguments)
        command = _FOLDER.command(*about, stdin=stdin, timeout=_TIMEOUT)
        result = self._host.run(command)
        if not result.ok:
            raise self._fault(verb, key, result)
        return result.stdout

    def _checked(self, key: str) -> str:
        """Return a key that is a path below the folder, and one line."""
        parts = key.split("/")
        if {"", ".", ".."} & set(parts) or parts[0] == ".uploads" or not key.isprintable():
            raise StoreError(self._place(), f"{key!r} cannot be the name of a file", "rename it")
        return key

    def _fault(self, verb: str, key: str, result: Result) -> StoreError:
        said = result.error_text.rpartition("\n")[2]
        match result.exit_code:
            case _Ends.NO_FOLDER:
                return StoreError(
                    self._place(),
                    "there is no such folder",
                    "make it, or mount the disk or the share that it is on",
                )
            case _Ends.NO_RIGHT:
                return self._denied(f"user {said} may not write there")
            case _Ends.NOT_THERE:
                wrong = "it is not there" if verb == "read" else "its upload is gone"
                return NotThere(self._place(key), wrong, "see which backups there are")
            case _Ends.ALREADY_THERE:
                wrong = "it is there already, and is not overwritten"
                return AlreadyThere(self._place(key), wrong)
            case _Ends.OTHER_SIZE:
                return StoreError(self._place(key), "it did not arrive whole", "run it again")
        if any(words in said for words in _FULL):
            return StoreError(
                self._place(key),
                "no space is left there",
                "make room, for one with `inv backup.prune --apply`, and run it again",
            )
        if any(words in said for words in _DENIED):
            return self._denied(said)
        wrong = said or f"exit code {result.exit_code}"
        return StoreError(self._place(key), wrong, "see that the disk or the share is well")

    def _denied(self, wrong: str) -> StoreRefused:
        remedy = "let the user who deploys own it, and see that it is not mounted read-only"
        return StoreRefused(self._place(), wrong, remedy)

    def _place(self, key: str = "") -> str:
        return f"{self._host.name}:{self._path / key}"

    def _url(self, path: str) -> str:
        return f"file://{quote(str(self._path / path))}"


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
