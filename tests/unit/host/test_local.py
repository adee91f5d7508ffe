import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.errors import CommandFailed, CommandTimedOut, HostError
from deploy.host import Command, Process, check
from deploy.host.local import LocalHost

ALL_BYTES = bytes(range(256))


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=2000))
def test_bytes_pass_unchanged_both_ways(data: bytes) -> None:
    assert LocalHost().run(Command(("cat",), stdin=data)).stdout == data


def test_megabytes_of_every_byte_pass_unchanged() -> None:
    data = ALL_BYTES * 20 * 1024  # 5 MiB

    result = LocalHost().run(Command(("cat",), stdin=data))

    assert result.stdout == data


def test_both_outputs_are_kept_apart() -> None:
    result = LocalHost().run(Command(("sh", "-c", "echo out; echo err >&2")))

    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


@pytest.mark.parametrize("code", [0, 1, 75, 255])
def test_an_exit_code_is_a_result(code: int) -> None:
    assert LocalHost().run(Command(("sh", "-c", f"exit {code}"))).exit_code == code


def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    result = LocalHost().run(Command(("true",), stdin=ALL_BYTES * 4096))

    assert result.ok


def test_a_command_that_takes_too_long_is_killed_and_named() -> None:
    command = Command(("sleep", "60"), name="nap", timeout=0.1)
    begun = time.monotonic()

    with pytest.raises(CommandTimedOut, match="this machine: `nap` took longer than 0 s"):
        LocalHost().run(command)

    assert time.monotonic() - begun < 10


@contextlib.contextmanager
def started(script: str) -> Iterator[tuple[Process, int]]:
    """Yield a shell that has begun, and its process id."""
    process = LocalHost().start(Command(("sh", "-c", f"echo $$; {script}")))
    yield process, int(process.stdout.readline())
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_ctrl_c_is_not_for_what_runs_here_without_a_terminal() -> None:
    with started("exec sleep 60") as (process, pid):
        session = os.getsid(pid)
        process.kill()

    assert session == pid


def test_what_a_killed_command_has_started_ends_with_it() -> None:
    with started("sleep 60 & echo late >&2; wait") as (process, _):
        process.stderr.readline()
        begun = time.monotonic()
        process.kill()
        assert process.stdout.read() == b""

    assert time.monotonic() - begun < 10


def test_what_tidies_up_behind_a_killed_command_is_left_to_do_so() -> None:
    wait = "while kill -0 $$ 2>/dev/null; do sleep 0.1; done"
    with started(f"(trap '' TERM; echo set >&2; {wait}; echo tidy) & wait") as (process, _):
        process.stderr.readline()
        process.kill()
        assert process.stdout.read() == b"tidy\n"


def test_what_a_slow_command_complained_about_is_kept() -> None:
    command = Command(("sh", "-c", "echo it hurts >&2; exec sleep 60"), timeout=0.5)

    with pytest.raises(CommandTimedOut) as error:
        LocalHost().run(command)

    assert error.value.detail == "it hurts\n"


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(HostError, match=r"`no-such-program` is not there. install"):
        LocalHost().run(Command(("no-such-program", "--version")))


def test_a_file_that_may_not_be_run_is_named(tmp_path: Path) -> None:
    file = tmp_path / "plain"
    file.write_text("#!/bin/sh\n")

    with pytest.raises(HostError, match="may not be run"):
        LocalHost().run(Command((str(file),)))


def test_the_environment_is_added_and_does_not_show(tmp_path: Path) -> None:
    host = LocalHost({"TAG": "v1"}, folder=tmp_path)

    result = host.run(Command(("sh", "-c", 'echo "$TAG $PWD ${PATH:+path}"')))

    assert result.text == f"v1 {tmp_path} path\n"
    assert "v1" not in repr(host)


def test_lines_are_watched_as_they_come() -> None:
    seen: list[tuple[str, float]] = []
    command = Command(("sh", "-c", "echo one; echo t\\\\xc3wo; sleep 0.3; printf 'three\\nrest'"))

    result = LocalHost().run(command, watch=lambda line: seen.append((line, time.monotonic())))

    assert [line for line, _ in seen][0::2] == ["one", "three"]
    assert seen[-1][1] - seen[0][1] > 0.2
    assert result.text.endswith("three\nrest")


def test_a_failed_check_says_what_and_why() -> None:
    command = Command(("sh", "-c", "echo first >&2; echo no room >&2; exit 3"), name="copy")
    host = LocalHost()

    with pytest.raises(CommandFailed, match="`copy` ended with exit code 3. no room") as error:
        check(host.name, command, host.run(command))

    assert error.value.detail == "first\nno room"
