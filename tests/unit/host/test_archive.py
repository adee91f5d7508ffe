import io
import tarfile
from pathlib import Path

from deploy.host.archive import PRIVATE, READABLE, pack


def entries(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {entry.name: entry for entry in archive}


def test_contents_have_the_mode_that_was_asked_for() -> None:
    assert entries(pack({"a/.env": b"x"}, PRIVATE))["a/.env"].mode == 0o600
    assert entries(pack({"a.conf": b"x"}, READABLE))["a.conf"].mode == 0o644


def test_files_and_folders_keep_their_modes_and_lose_their_owners(tmp_path: Path) -> None:
    script = tmp_path / "folder" / "run.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o750)

    found = entries(pack({}, PRIVATE, {"files/ab/folder": script.parent}))

    entry = found["files/ab/folder/run.sh"]
    assert entry.mode == 0o750
    assert all((e.uid, e.gid, e.uname, e.gname) == (0, 0, "", "") for e in found.values())


def test_any_name_and_content_comes_back() -> None:
    name, content = "ordner/" + "ü" * 150, bytes(range(256))

    with tarfile.open(fileobj=io.BytesIO(pack({name: content}, PRIVATE))) as archive:
        file = archive.extractfile(name)
        assert file
        assert file.read() == content


def test_the_same_contents_are_the_same_bytes() -> None:
    assert pack({"b": b"2", "a": b"1"}, PRIVATE) == pack({"a": b"1", "b": b"2"}, PRIVATE)
