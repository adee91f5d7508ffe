"""lock.sh in a real shell."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from deploy.host import Script, step_script
from deploy.host.archive import PRIVATE, pack
from deploy.host.local import LocalHost

NOTHING_YET, CHANGED, NO_ROOM = ":0", 78, 79


def abandon(root: Path) -> None:
    (root / "lock").mkdir()
    (root / "lock" / "run").write_text("run1\n")
    (root / "lock" / "holder").write_text('{"owner": "ben@desk"}\n')
    (root / "lock" / "heartbeat").touch()
    (root / "lock" / "abandoned").touch()


def claim(root: Path, stamp: str, payload: bytes = b"", size: int | None = None) -> int:
    script = Script("deploy.rollout", "lock.sh")
    size = len(payload) if size is None else size
    arguments = (str(root), "run2", "{}", stamp, "30", str(size))
    return LocalHost().run(script.command(*arguments, stdin=payload + b"release\n")).exit_code


def test_an_abandoned_lock_is_taken_over_and_that_is_written_down(tmp_path: Path) -> None:
    abandon(tmp_path)

    assert claim(tmp_path, NOTHING_YET) == 0

    journal = (tmp_path / "journal.jsonl").read_text()
    assert '"note":"took over an abandoned lock","holder":{"owner": "ben@desk"}' in journal
    assert not (tmp_path / "lock").exists()


@pytest.mark.parametrize("locked", [True, False])
def test_a_step_that_ended_after_the_look_is_looked_at_again(
    tmp_path: Path, *, locked: bool
) -> None:
    if locked:
        abandon(tmp_path)
    orphan = "flock 9; echo held; sleep 0.5; echo '{}' >>journal.jsonl"
    command = ["sh", "-c", f"exec 9>>.step; {orphan}"]

    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as step:
        assert step.stdout
        step.stdout.readline()
        assert claim(tmp_path, NOTHING_YET) == CHANGED

    assert claim(tmp_path, ":3") == 0


def test_a_file_that_is_in_use_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "tls.conf").write_text("one")
    root = tmp_path / "root"
    root.mkdir()
    payload = pack({"releases/r1/.env": b"A=1"}, PRIVATE, {"files/ab/conf": tmp_path / "snippets"})
    there = root / "files" / "ab" / "conf" / "tls.conf"

    assert claim(root, NOTHING_YET, payload) == 0
    before = there.stat().st_ino
    stamp = f":{(root / 'journal.jsonl').stat().st_size}"
    assert claim(root, stamp, payload) == 0

    assert (there.read_text(), there.stat().st_ino) == ("one", before)
    assert (root / "releases" / "r1" / ".env").stat().st_mode & 0o777 == PRIVATE
    assert list(root.glob("incoming*")) == []


def test_a_file_whose_name_begins_with_a_dot_arrives(tmp_path: Path) -> None:
    names = ("files/ab/.htpasswd", "files/cd/.well-known/security.txt")
    payload = pack({}, PRIVATE, readable=dict.fromkeys(names, b"1"))

    assert claim(tmp_path, NOTHING_YET, payload) == 0

    assert all((tmp_path / name).read_text() == "1" for name in names)


def test_files_that_came_in_part_are_not_put_in_their_place(tmp_path: Path) -> None:
    payload = pack({"files/ab/one": b"1", "files/ab/two": b"2"}, PRIVATE)

    assert claim(tmp_path, NOTHING_YET, payload[:1024], len(payload)) == NO_ROOM

    assert not list((tmp_path / "files").iterdir())
    assert not (tmp_path / "lock").exists()


def test_a_client_that_slept_while_it_sent_frees_nobody_s_lock_when_it_wakes(
    tmp_path: Path,
) -> None:
    script = Script("deploy.rollout", "lock.sh")
    slow = script.command(str(tmp_path), "run1", "{}", NOTHING_YET, "30", "9000")
    with subprocess.Popen(slow.argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as sleeper:
        while not list(tmp_path.glob("incoming.run1/.tar")):
            time.sleep(0.01)
        size = (tmp_path / "journal.jsonl").stat().st_size
        os.utime(tmp_path / "lock" / "heartbeat", (0, 0))
        fast = script.command(str(tmp_path), "run2", "{}", f":{size}", "30", "0")
        with subprocess.Popen(
            fast.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as successor:
            assert successor.stdout
            assert successor.stdout.readline() == b"claimed\n"
            sleeper.communicate(b"too late")
            assert sleeper.returncode == NO_ROOM
            assert (tmp_path / "lock" / "run").read_text() == "run2\n"
            successor.communicate(b"release\n")
    assert not (tmp_path / "lock").exists()


def start_to_send(root: Path, size: int, expiry: int) -> "subprocess.Popen[bytes]":
    script = Script("deploy.rollout", "lock.sh")
    command = script.command(str(root), "run1", "{}", NOTHING_YET, str(expiry), str(size))
    client = subprocess.Popen(command.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    while not list(root.glob("incoming.run1/.tar")):
        time.sleep(0.01)
    os.utime(root / "lock" / "heartbeat", (0, 0))
    return client


def test_a_release_that_took_long_to_send_does_not_cost_the_lock(tmp_path: Path) -> None:
    payload = pack({"files/ab/one": b"1"}, PRIVATE)

    with start_to_send(tmp_path, len(payload), expiry=30) as client:
        said, _ = client.communicate(payload + b"\n\nrelease\n")

    assert (said, client.returncode) == (b"claimed\n", 0)
    assert not (tmp_path / "lock").exists()


def test_what_still_comes_is_a_heartbeat(tmp_path: Path) -> None:
    heartbeat, end = tmp_path / "lock" / "heartbeat", time.monotonic() + 10

    with start_to_send(tmp_path, 10_000_000, expiry=1) as client:
        assert client.stdin
        while heartbeat.stat().st_mtime == 0 and time.monotonic() < end:
            client.stdin.write(bytes(9000))
            client.stdin.flush()
            time.sleep(0.01)
        beaten = heartbeat.stat().st_mtime

    assert beaten > 0
    assert client.returncode == NO_ROOM


def test_a_holder_of_whom_nothing_is_heard_is_given_up_though_its_connection_is_open(
    tmp_path: Path,
) -> None:
    script = Script("deploy.rollout", "lock.sh")
    command = script.command(str(tmp_path), "run1", "{}", NOTHING_YET, "1", "0")

    with subprocess.Popen(command.argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as keeper:
        assert keeper.wait(20) != 0

    assert (tmp_path / "lock" / "abandoned").exists()


def test_room_is_kept_for_undoing_as_long_as_nothing_is_undone(tmp_path: Path) -> None:
    lock = Script("deploy.rollout", "lock.sh")
    command = lock.command(str(tmp_path), "run1", "{}", NOTHING_YET, "30", "0")
    spare = tmp_path / "lock" / "spare"

    with subprocess.Popen(command.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout
        keeper.stdout.readline()
        assert spare.stat().st_blocks > 0
        catch_up = step_script("deploy.rollout", "catch_up.sh")
        LocalHost().run(catch_up.command(str(tmp_path), "run1:1", '"catch up"'))
        assert not spare.exists()
        keeper.communicate(b"release\n")


def test_a_lock_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    lock = Script("deploy.rollout", "lock.sh")
    command = lock.command(str(tmp_path), "run1", "{}", NOTHING_YET, "30", "0")
    limited = ["sh", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "sh", *command.argv]

    ended = subprocess.run(limited, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    assert ended.returncode == NO_ROOM
    assert not list(tmp_path.glob("lock*"))
