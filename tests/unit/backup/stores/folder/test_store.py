"""A store in a folder of this machine: written once, whole or not at all, listed to the last."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.backup.stores.base import Upload
from deploy.backup.stores.folder import FolderSettings, FolderStore
from deploy.errors import AlreadyThere, NotThere, StoreError, StoreRefused
from deploy.host import Command, Result
from deploy.host.local import LocalHost
from deploy.host.recording import RecordingHost

LATER = datetime(2100, 1, 1, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1)
KEYS = st.lists(
    NAMES.map(lambda name: name.replace("/", "%")).filter(
        lambda name: name not in {".", "..", ".uploads"} and len(name.encode()) < 200
    ),
    min_size=1,
    max_size=3,
).map("/".join)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my store").mkdir()
    return tmp_path / "my store"


@pytest.fixture
def store(folder: Path) -> FolderStore:
    return FolderStore(LocalHost(), FolderSettings(str(folder)))


def file_of(store: FolderStore, upload: Upload) -> Path:
    return Path(unquote(urlsplit(store.part_urls(upload, [1], 60)[1]).path))


def sent(store: FolderStore, key: str, data: bytes) -> tuple[Upload, dict[int, str]]:
    """Send an object as what is beside the pump does."""
    upload = store.begin(key)
    file_of(store, upload).write_bytes(data)
    return upload, {1: str(len(data))}


def left(folder: Path) -> list[str]:
    """Return all files, and folders that are empty."""
    ends = (at for at in folder.rglob("*") if at.is_file() or not any(at.iterdir()))
    return sorted(at.relative_to(folder).as_posix() for at in ends)


def with_programs(folder: Path, **programs: str) -> FolderStore:
    """Return a store on a machine where some programs do something else."""
    instead = folder.parent / "bin"
    instead.mkdir()
    for name, script in programs.items():
        (instead / name).write_text(f"#!/bin/sh\n{script}\n")
        (instead / name).chmod(0o755)
    host = LocalHost({"PATH": f"{instead}:{os.environ['PATH']}"})
    return FolderStore(host, FolderSettings(str(folder)))


NO_LINKS = "echo 'Operation not permitted' >&2; exit 1"


@pytest.fixture(params=["links", "no links"])
def either(request: pytest.FixtureRequest, folder: Path, store: FolderStore) -> FolderStore:
    return store if request.param == "links" else with_programs(folder, ln=NO_LINKS)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=KEYS, data=st.binary())
def test_what_was_written_is_read(folder: Path, store: FolderStore, key: str, data: bytes) -> None:
    store.write(key, data)

    assert store.read(key) == data
    assert [(entry.key, entry.size) for entry in store.keys(key[:1])] == [(key, len(data))]
    assert Path(unquote(urlsplit(store.link(key, 60)).path)).read_bytes() == data
    store.remove([key])
    for at in sorted(folder.rglob("*"), reverse=True):
        at.rmdir()


def test_an_object_is_written_once(either: FolderStore, folder: Path) -> None:
    either.write("a/manifest.json", b"first")

    with pytest.raises(
        AlreadyThere, match=r"this machine:.*/a/manifest.json: it is there already, and is not"
    ):
        either.write("a/manifest.json", b"second")

    assert either.read("a/manifest.json") == b"first"
    assert left(folder) == [".uploads", "a/manifest.json"]


def test_of_many_who_write_at_once_one_succeeds(either: FolderStore, folder: Path) -> None:
    def write(number: int) -> bool:
        try:
            either.write("a/manifest.json", b"%d" % number)
        except AlreadyThere:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(write, range(8)))

    assert done.count(True) == 1
    assert either.read("a/manifest.json") == b"%d" % done.index(True)
    assert left(folder) == [".uploads", "a/manifest.json"]


def test_what_was_sent_is_there_when_it_is_completed(either: FolderStore, folder: Path) -> None:
    upload, etags = sent(either, "a/db.dump", b"x" * 1000)
    assert list(either.keys("")) == []

    either.complete(upload, etags)

    (found,) = either.keys("a/")
    assert (found.key, found.size) == ("a/db.dump", 1000)
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)
    assert left(folder) == [".uploads", "a/db.dump"]
    with pytest.raises(NotThere, match="its upload is gone"):
        either.complete(upload, etags)


def test_a_second_upload_does_not_go_over_the_first(either: FolderStore) -> None:
    either.complete(*sent(either, "a/db.dump", b"first"))
    upload, etags = sent(either, "a/db.dump", b"second")

    with pytest.raises(AlreadyThere):
        either.complete(upload, etags)

    (found,) = either.unfinished("a/", LATER)
    assert found.id == upload.id
    either.abort(upload)
    assert either.read("a/db.dump") == b"first"


def test_an_answer_that_was_lost_is_no_second_upload(store: FolderStore, folder: Path) -> None:
    upload, etags = sent(store, "db.dump", b"all")
    (folder / "db.dump").hardlink_to(file_of(store, upload))

    store.complete(upload, etags)

    assert store.read("db.dump") == b"all"


@pytest.mark.parametrize("etags", [{1: "999"}, {1: "1001"}, {}])
def test_what_did_not_arrive_whole_gets_no_name(
    store: FolderStore, folder: Path, etags: dict[int, str]
) -> None:
    upload, _ = sent(store, "a/db.dump", b"x" * 1000)

    with pytest.raises(StoreError, match="a/db.dump: it did not arrive whole"):
        store.complete(upload, etags)

    assert list(store.keys("")) == []
    store.abort(upload)
    assert left(folder) == [".uploads"]


def test_a_write_that_breaks_off_leaves_nothing(folder: Path) -> None:
    class Cut(LocalHost):
        """A connection that breaks in the middle of what is sent."""

        def run(self, command: Command, **_: object) -> Result:
            half = command.stdin[: len(command.stdin) // 2]
            return super().run(Command(command.argv, command.name, half))

    with pytest.raises(StoreError, match="it did not arrive whole"):
        FolderStore(Cut(), FolderSettings(str(folder))).write("a/b", b"0123456789")

    assert left(folder) == [".uploads"]


def test_an_upload_that_was_aborted_leaves_nothing(store: FolderStore, folder: Path) -> None:
    upload, etags = sent(store, "a/db.dump", b"x")

    store.abort(upload)
    store.abort(upload)

    assert left(folder) == [".uploads"]
    assert list(store.unfinished("", LATER)) == []
    with pytest.raises(NotThere, match="its upload is gone"):
        store.complete(upload, etags)


def test_unfinished_uploads_are_listed_by_age(store: FolderStore) -> None:
    upload, _ = sent(store, "one/s1/db.dump", b"x")
    store.complete(*sent(store, "one/s1/files.tar", b"x"))
    other = store.begin("two/db.dump")
    single = store.begin("single")

    (found,) = store.unfinished("one/", LATER)

    assert (found.key, found.id) == (upload.key, upload.id)
    assert abs(found.begun - upload.begun) <= timedelta(seconds=1)
    assert {each.id for each in store.unfinished("", LATER)} == {upload.id, other.id, single.id}
    assert list(store.unfinished("", found.begun)) == []


def test_a_list_is_whole_and_in_order(store: FolderStore, folder: Path) -> None:
    keys = [f"many/{number % 7}/{number:04}" for number in range(3000)]
    for number in range(7):
        (folder / "many" / str(number)).mkdir(parents=True)
    for key in keys:
        (folder / key).write_bytes(b"x")
    store.write("other", b"")

    assert [entry.key for entry in store.keys("many/")] == sorted(keys)
    assert [entry.key for entry in store.keys("many/3/00")] == sorted(
        key for key in keys if key.startswith("many/3/00")
    )
    assert store.remove(keys) == ()
    assert [entry.key for entry in store.keys("")] == ["other"]
    assert left(folder) == [".uploads", "many", "other"]
    assert list(store.keys("none/")) == []


def answering(text: str) -> FolderStore:
    host = RecordingHost(answer=lambda _: Result(0, text.encode()))
    return FolderStore(host, FolderSettings("/store"))


@pytest.mark.parametrize(
    "text", ["", "5 1.0 a\n", "5 1.0 a\n5 1.", "5 1.0 a\nb\nwhole\n", "5 x a\nwhole\n"]
)
def test_a_list_that_breaks_off_is_an_error_and_not_a_short_list(text: str) -> None:
    with pytest.raises(StoreError, match=r"^recording:/store: its list cannot be read"):
        list(answering(text).keys(""))


@pytest.mark.parametrize("text", ["10\n", "10\n12345"])
def test_what_breaks_off_is_not_read(text: str) -> None:
    with pytest.raises(StoreError, match="/store/a: it did not come whole"):
        answering(text).read("a")


def test_what_is_not_ours_in_a_whole_disk_is_no_object(store: FolderStore, folder: Path) -> None:
    (folder / "lost+found").mkdir()
    (folder / "lost+found" / "x").touch()
    store.write("a", b"")
    store.begin("b")

    assert [entry.key for entry in store.keys("")] == ["a"]


def test_what_is_not_there_is_said_so(store: FolderStore) -> None:
    with pytest.raises(NotThere, match=r"/gone: it is not there"):
        store.read("gone")
    assert store.remove(["gone", "far/away"]) == ()
    assert store.remove([]) == ()


@pytest.mark.parametrize("key", ["/a", "a//b", "../a", "a/..", ".", "a\nb", ".uploads/x", "a\0b"])
def test_what_can_be_no_name_of_a_file(store: FolderStore, folder: Path, key: str) -> None:
    for act in (
        lambda: store.write(key, b""),
        lambda: store.remove([key]),
        lambda: store.read(key),
    ):
        with pytest.raises(StoreError, match="cannot be the name of a file"):
            act()
    assert left(folder) == []


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    store = FolderStore(LocalHost(), FolderSettings(str(tmp_path / "gone")))
    says = r"^this machine:.*/gone: there is no such folder\. make it, or mount the disk or the sh"

    for act in (
        lambda: list(store.keys("")),
        lambda: list(store.unfinished("", LATER)),
        lambda: store.read("x"),
        lambda: store.write("x", b""),
        lambda: store.remove(["x"]),
        lambda: store.begin("x"),
    ):
        with pytest.raises(StoreError, match=says):
            act()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "said", "kind", "message"),
    [
        (61, "deploy", StoreRefused, "/store: user deploy may not write there. let the user who"),
        (1, "mkdir: cannot create directory: Permission denied", StoreRefused, "Permission denied"),
        (1, "cat: -: Read-only file system", StoreRefused, "not mounted read-only"),
        (1, "cat: write error: No space left on device", StoreError, "/store/x: no space is left"),
        (1, "cat: write error: Disk quota exceeded", StoreError, "make room, for one with `inv"),
        (1, "cat: Stale file handle", StoreError, "Stale file handle. see that the disk or the"),
        (1, "", StoreError, "exit code 1. see that"),
    ],
)
def test_what_is_wrong_is_told(code: int, said: str, kind: type[StoreError], message: str) -> None:
    host = RecordingHost(
        answer=lambda _: Result(code, b"", f"first\n{said}".encode() if said else b"")
    )

    with pytest.raises(kind) as error:
        FolderStore(host, FolderSettings("/store")).write("x", b"data")
    assert message in str(error.value)


@pytest.fixture
def nobody(folder: Path) -> Iterator[FolderStore]:
    """The store as a user who may not write there, where root runs the tests."""
    if os.getuid() == 0:
        for at in (folder, *folder.parents[:4]):
            at.chmod(at.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
        host: LocalHost = _Nobody()
    else:
        folder.chmod(0o500)
        host = LocalHost()
    yield FolderStore(host, FolderSettings(str(folder)))
    folder.chmod(0o700)


class _Nobody(LocalHost):
    def run(self, command: Command, **_: object) -> Result:
        argv = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command.argv)
        return super().run(Command(argv, command.name, command.stdin))


def test_who_may_not_write_there_is_told(nobody: FolderStore) -> None:
    assert list(nobody.keys("")) == []
    with pytest.raises(StoreRefused, match=r"user \w+ may not write there"):
        nobody.write("x", b"")
    with pytest.raises(StoreRefused):
        nobody.begin("x")


def test_nothing_is_overwritten_here(either: FolderStore, folder: Path) -> None:
    either.probe()
    either.probe()

    assert left(folder) == [".uploads", "probe"]


def test_a_file_system_that_overwrites_is_found_out(folder: Path) -> None:
    store = with_programs(folder, ln=NO_LINKS, mv='shift; exec /bin/mv "$@"')

    with pytest.raises(StoreError, match="probe: what was there was written over"):
        store.probe()


def test_a_share_that_writes_no_folder_down_is_none_the_worse(folder: Path) -> None:
    says = "[ ! -d \"$1\" ] || { echo 'sync: error syncing: Invalid argument' >&2; exit 1; }"
    store = with_programs(folder, sync=says)

    store.write("a/b", b"data")

    assert store.read("a/b") == b"data"


@pytest.mark.parametrize("kind", ["-d", "-f"])
def test_a_disk_that_breaks_is_told(folder: Path, kind: str) -> None:
    says = (
        f"[ ! {kind} \"$1\" ] || {{ echo 'sync: error syncing: Input/output error' >&2; exit 1; }}"
    )

    with pytest.raises(StoreError, match="a/b: sync: error syncing: Input/output error. see that"):
        with_programs(folder, sync=says).write("a/b", b"data")


def test_only_who_wrote_it_reads_it(store: FolderStore, folder: Path) -> None:
    store.write("a/b", b"")
    store.complete(*sent(store, "a/c", b""))

    for at in ("a", "a/b", "a/c", ".uploads"):
        assert not (folder / at).stat().st_mode & 0o077


def test_a_disk_that_is_full(folder: Path) -> None:
    limit = "ulimit -f 0; trap '' XFSZ;"

    class Full(LocalHost):
        def run(self, command: Command, **_: object) -> Result:
            shell, flag, script, *rest = command.argv
            return super().run(
                Command((shell, flag, f"{limit}\n{script}", *rest), command.name, command.stdin)
            )

    with pytest.raises(StoreError, match="File too large"):
        FolderStore(Full(), FolderSettings(str(folder))).write("a/b", b"x" * 10_000)
    assert left(folder) == [".uploads"]
