"""One archive on its way between a server and a store: the conversation with the pump there.

The pump (see `pump/`) reads, packs, encrypts and sends on the server itself. This side signs URLs
as they are asked for, and learns how every stage ended.
"""

import base64
import contextlib
import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from deploy.backup.snapshot import CHOOSE
from deploy.errors import SlipwayError, SourceFailed, StoreError, StoreUnreachable
from deploy.host import Host, Process, Script, check
from deploy.host.archive import READABLE, pack
from deploy.host.base import lost

_IMAGE = Script("deploy.backup", "image.sh")
_PUMP = Script("deploy.backup", "pump.sh", (("deploy.backup", "still.sh"),))
_BUILD_TIMEOUT = 600.0  # seconds to build the pump's image
HEARTBEAT = 15.0  # seconds between signs of life; the pump ends after 120 without one
LINE = 64 * 1024
LINK = 3600  # seconds that a signed URL is good for; the pump asks for a new one where it is not
ENDS = {"pipe": "/run/slipway/pipe", "exit": "/run/slipway/exit"}  # of what is beside the pump
STORE = {"pipe": "/run/slipway/store", "exit": "/run/slipway/store.exit"}  # a file, the same way
_FULL = "No space left on device"
_NEED_THE_STORE = ("upload", "fetch")  # stages of the pump
_FIRST = {"save": "1", "load": "object"}  # what the pump asks for first

Sign = Callable[[str], str]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Outside:
    """A process beside the pump: a shell script with arguments, and what to call it."""

    name: str
    script: Script
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Into:
    """Where the plain bytes of an archive go: a command in the pump, or a process beside it.

    The command sees `data`, a volume or a folder, as /data, and fills it.
    """

    argv: tuple[str, ...] = ()
    data: str = ""
    outside: Outside | None = None

    def job(self) -> dict[str, Any]:
        """Return it as the pump is told."""
        if self.outside:
            return {"name": self.outside.name, **ENDS}
        return {"name": self.argv[0], "argv": self.argv}


@dataclass(frozen=True)
class Order:
    """What the pump is asked for: `verb` is save or load.

    `data` is the volume or folder that it sees as /data, `writes` whether it fills it. `job` is its
    job; a key in there goes over stdin and nowhere else. `still` has the ids of containers that
    hold still meanwhile, each with how: `pause` or `stop`.
    """

    verb: str
    job: Mapping[str, Any] = field(repr=False)
    data: str = ""
    writes: bool = False
    outside: Outside | None = None
    still: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What came of it: the pump's own report, and what the process beside it wrote down."""

    report: Mapping[str, Any]
    facts: bytes = b""


def image_of(files: Mapping[str, bytes]) -> str:
    """Return the name of the pump's image: by what it is made of."""
    whole = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    return f"slipway/pump:{whole[:12]}"


def pump_files() -> Mapping[str, bytes]:
    """Return what the pump's image is built from."""
    folder = resources.files("deploy.backup.pump")
    files = (file for file in folder.iterdir() if file.name.endswith((".py", "Dockerfile")))
    return {file.name: file.read_bytes() for file in files}


@dataclass(frozen=True)
class Pump:
    """The pump on `host`, of `image`; what is under way lies in `folder` there while it lasts."""

    host: Host
    folder: str
    image: str

    @classmethod
    def ready(cls, host: Host, root: str) -> "Pump":
        """Return the pump of the environment in `root`, with its image there."""
        files = pump_files()
        image = image_of(files)
        command = _IMAGE.command(image, stdin=pack(files, READABLE), timeout=_BUILD_TIMEOUT)
        check(host.name, command, host.run(command))
        return cls(host, f"{root}/backup", image)

    def carry(self, name: str, order: Order, sign: Sign, progress: Progress) -> Done:
        """Carry one order out. `sign` gives the URL of what the pump names.

        The URL of a file is not for the pump: a process beside it writes the file, or reads it.
        `progress` is told bytes of the source, and bytes in the store, now and then. Raises
        `SourceFailed` with the stage that failed, `StoreError`, and `HostError`.
        """
        outside, file = order.outside, file_of(sign(_FIRST[order.verb]))
        if file:
            _check_outside(file, order.data)
            order = dataclasses.replace(order, job={**order.job, "store": STORE})
        command = _PUMP.command(
            f"{self.folder}/run.{name}",
            self.image,
            order.verb,
            order.data or "-",
            "rw" if order.writes else "ro",
            " ".join(f"{how}:{container}" for container, how in order.still.items()),
            file or "-",
            *((outside.script.text, *outside.arguments) if outside else ("-",)),
        )
        process = self.host.start(command)
        try:
            return self._talk(process, name, order, sign, progress)
        finally:
            process.kill()

    def _talk(
        self, process: Process, name: str, order: Order, sign: Sign, progress: Progress
    ) -> Done:
        line = _Line(process)
        line.say(order.job)
        found: dict[str, Any] = {}
        with line.alive():
            for event in line.events():
                if "want" in event:
                    line.say({"urls": {event["want"]: sign(event["want"])}})
                elif "plain" in event:
                    progress(int(event["plain"]), int(event["stored"]))
                elif "failed" in event:
                    failed = event["failed"]
                    raise _failure(name, order, failed["stage"], failed["why"])
                else:
                    found.update(event)
        errors = process.stderr.read(LINE).decode(errors="replace").strip()
        if process.wait(30) is None:
            raise lost(self.host.name, "the pump does not end")
        if "done" not in found:
            why = errors or "the pump ended without a word"
            raise SourceFailed(f"{self.host.name}: {name}", why, "run it again")
        return Done(found["done"], base64.b64decode(found.get("facts", "")))


def file_of(url: str) -> str:
    """Return the path of a `file:` URL; of another, nothing."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else ""


def _check_outside(file: str, data: str) -> None:
    """Refuse a store in the very folder that is packed: it would be packed with what it gets."""
    if data.startswith("/") and PurePosixPath(file).is_relative_to(data):
        raise StoreError(
            file, f"it lies in {data}, which is backed up", "name another folder in `store`"
        )


def _failure(name: str, order: Order, stage: str, why: str) -> SlipwayError:
    place = f"{name}: {stage}"
    if stage == "store":
        return StoreError(place, why, "see that there is room, and that it is mounted")
    if stage in _NEED_THE_STORE:
        return StoreUnreachable(place, why, "see that the server reaches the store; run it again")
    if _FULL in why:
        return SourceFailed(place, why, "free space on the server, and run it again")
    return SourceFailed(place, why, "run it again" if order.verb == "save" else CHOOSE)


class _Line:
    """JSON lines over a process's standard streams."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._writing = threading.Lock()

    def say(self, words: Mapping[str, Any]) -> None:
        """Send one line; where nobody reads any more, the process's end says why."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()

    @contextlib.contextmanager
    def alive(self) -> Iterator[None]:
        """Give a sign of life now and then."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(HEARTBEAT):
                self.say({"urls": {}})

        threading.Thread(target=beat, daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Yield what it says, until its end."""
        rest = b""
        read = getattr(self._process.stdout, "read1", self._process.stdout.read)
        while chunk := read(LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    yield json.loads(line)
