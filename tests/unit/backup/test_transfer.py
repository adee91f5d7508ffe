"""The conversation with the pump, against a machine that answers what a pump would say."""

import base64
import dataclasses
import io
import json
import tarfile
from typing import Any

import pytest

from deploy.backup.transfer import STORE, Done, Order, Outside, Pump, image_of, pump_files
from deploy.errors import CommandFailed, SourceFailed, StoreError, StoreUnreachable
from deploy.host import Command, Result, Script
from deploy.host.base import Process
from deploy.host.recording import RecordingHost

KEY = "AGE-SECRET-KEY-1NOTREAL"
JOB = {"level": 3, "key": KEY}
DONE = {"done": {"plain": {"size": 1}}}


@dataclasses.dataclass
class Keeping(RecordingHost):
    """Remembers what was said to the processes that were started."""

    said: list[io.BytesIO] = dataclasses.field(default_factory=list)

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        process = super().start(command, terminal=terminal)
        assert isinstance(process.stdin, io.BytesIO)
        self.said.append(process.stdin)
        return process

    @property
    def heard(self) -> list[Any]:
        return [json.loads(line) for line in self.said[0].getvalue().splitlines()]


def saying(*events: object, stderr: str = "", code: int = 0) -> Keeping:
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    out = "".join(f"{line}\n" for line in lines).encode()
    return Keeping(answer=lambda _: Result(code, out, stderr.encode()))


def carry(
    host: Keeping,
    order: Order | None = None,
    told: list[Any] | None = None,
    store: str = "https://store",
) -> Done:
    pump = Pump(host, "/opt/shop/staging/backup", "slipway/pump:1")
    return pump.carry(
        "db.shop.dump",
        order or Order("save", JOB),
        lambda name: f"{store}/{name}",
        lambda plain, stored: (told if told is not None else []).append((plain, stored)),
    )


def test_the_job_comes_first_then_urls_as_they_are_wanted() -> None:
    host = saying({"want": "1"}, {"want": "2"}, DONE)

    assert carry(host) == Done({"plain": {"size": 1}})
    assert host.heard == [
        JOB,
        {"urls": {"1": "https://store/1"}},
        {"urls": {"2": "https://store/2"}},
    ]


def test_a_key_goes_over_standard_input_and_nowhere_else() -> None:
    host = saying(DONE)

    carry(host)

    assert KEY not in repr(host.commands)
    assert KEY not in repr(Order("load", JOB))


def test_progress_is_told() -> None:
    told: list[Any] = []

    carry(saying({"plain": 100, "stored": 40}, {"plain": 200, "stored": 80}, DONE), told=told)

    assert told == [(100, 40), (200, 80)]


def test_what_the_process_beside_it_wrote_down() -> None:
    facts = base64.b64encode(b'{"version": "15.5"}\n').decode()

    assert carry(saying(DONE, {"facts": facts})).facts == b'{"version": "15.5"}\n'


def test_what_is_no_event_is_passed_over() -> None:
    assert carry(saying("Unable to find image locally", "", DONE)).report == {"plain": {"size": 1}}


def test_the_stage_that_failed_is_named() -> None:
    failed = {"failed": {"stage": "pg_dump", "why": "exit code 1: gone"}}

    with pytest.raises(SourceFailed) as error:
        carry(saying({"want": "1"}, failed, code=1))
    assert str(error.value) == "db.shop.dump: pg_dump: exit code 1: gone. run it again."


@pytest.mark.parametrize("verb", ["save", "load"])
def test_a_full_disk_wants_room_and_no_other_snapshot(verb: str) -> None:
    failed = {"failed": {"stage": "tar", "why": "exit code 2: a: No space left on device"}}

    with pytest.raises(SourceFailed, match="free space on the server, and run it again"):
        carry(saying(failed, code=1), Order(verb, JOB))


@pytest.mark.parametrize("stage", ["upload", "fetch"])
def test_a_store_out_of_reach_is_no_damage(stage: str) -> None:
    failed = {"failed": {"stage": stage, "why": "could not connect"}}

    with pytest.raises(StoreUnreachable, match="could not connect. see that the server reaches"):
        carry(saying({"want": "1"}, failed, code=1))


@pytest.mark.parametrize("verb", ["save", "load"])
def test_a_file_is_written_and_read_beside_the_pump(verb: str) -> None:
    host = saying(DONE)

    carry(host, Order(verb, {"level": 3}), store="file:///mnt/my%20backups/100%25")

    name = {"save": "1", "load": "object"}[verb]
    assert f"/mnt/my backups/100%/{name}" in host.commands[0].argv
    assert host.heard == [{"level": 3, "store": STORE}]


def test_a_store_in_the_folder_that_is_packed_is_refused() -> None:
    host = saying(DONE)

    with pytest.raises(StoreError, match=r"^/srv/media/store/1: it lies in /srv/media, which is"):
        carry(host, Order("save", JOB, "/srv/media"), store="file:///srv/media/store")
    assert not host.commands
    assert carry(host, Order("save", JOB, "/srv/media"), store="file:///srv/media2").report


def test_a_file_that_cannot_be_written() -> None:
    said = "dd: error writing '/mnt/backups/x': No space left on device"

    with pytest.raises(StoreError) as error:
        carry(saying({"failed": {"stage": "store", "why": said}}, code=1), store="file:///mnt")
    assert str(error.value) == (
        f"db.shop.dump: store: {said}. see that there is room, and that it is mounted."
    )


@pytest.mark.parametrize(
    ("stderr", "why"),
    [("docker: no space left on device", "no space left"), ("", "ended without a word")],
)
def test_an_end_without_a_report_is_a_failure(stderr: str, why: str) -> None:
    with pytest.raises(SourceFailed, match=why):
        carry(saying({"want": "1"}, stderr=stderr, code=0))


@pytest.mark.parametrize(
    ("order", "arguments"),
    [
        (Order("save", {}), ("save", "-", "ro", "", "-", "-")),
        (Order("save", {}, "shop_media"), ("save", "shop_media", "ro", "", "-", "-")),
        (
            Order("save", {}, "shop_media", still={"c1": "stop", "c2": "pause"}),
            ("save", "shop_media", "ro", "stop:c1 pause:c2", "-", "-"),
        ),
        (
            Order("load", {}, "shop_media-restore", writes=True),
            ("load", "shop_media-restore", "rw"),
        ),
    ],
)
def test_what_the_script_is_told(order: Order, arguments: tuple[str, ...]) -> None:
    host = saying(DONE)

    carry(host, order)

    (command,) = host.commands
    place = command.argv.index("/opt/shop/staging/backup/run.db.shop.dump")
    assert command.argv[place + 1] == "slipway/pump:1"
    assert command.argv[place + 2 :][: len(arguments)] == arguments


def test_a_process_beside_the_pump_travels_as_text_with_its_arguments() -> None:
    host = saying(DONE)
    script = Script("deploy.backup", "place.sh")

    carry(host, Order("load", {}, outside=Outside("tar", script, ("/opt/shop/staging",))))

    assert host.commands[0].argv[-2:] == (script.text, "/opt/shop/staging")


def test_the_image_is_named_by_what_it_is_made_of() -> None:
    files = pump_files()

    assert {"Dockerfile", "__main__.py", "save.py", "load.py", "curl.py"} <= set(files)
    assert image_of(files) == image_of({name: files[name] for name in sorted(files, reverse=True)})
    assert image_of(files) != image_of({**files, "save.py": b""})


def test_the_image_is_built_before_the_pump_is_used() -> None:
    host = Keeping()

    pump = Pump.ready(host, "/opt/shop/staging")

    (command,) = host.commands
    assert command.argv[-1] == pump.image
    assert pump.folder == "/opt/shop/staging/backup"
    assert isinstance(command.stdin, bytes)
    with tarfile.open(fileobj=io.BytesIO(command.stdin)) as archive:
        assert "Dockerfile" in archive.getnames()


def test_an_image_that_cannot_be_built() -> None:
    with pytest.raises(CommandFailed):
        Pump.ready(saying(code=1, stderr="no route to host"), "/opt/shop/staging")
