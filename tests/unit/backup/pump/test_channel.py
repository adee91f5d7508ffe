"""The pump's line home. It ends its whole process, so it has one of its own here."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from deploy.backup.pump.channel import GONE

CHECKOUT = Path(__file__).resolve().parents[4]
PROGRAM = """
import sys
from deploy.backup.pump.channel import Channel

channel = Channel(sys.stdin, sys.stdout)
job = channel.job()
first = channel.url("1")
again = channel.url("1")
fresh = channel.url("1", stale=first)
known = channel.url("1", stale=first)
channel.forget("1")
asked = channel.url("1")
channel.tell(done=[job, first, again, fresh, known, asked])
channel.url("never")
"""


@contextmanager
def talking() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def say(process: "subprocess.Popen[str]", **words: object) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(words) + "\n")
    process.stdin.flush()


def hear(stream: IO[str] | None) -> dict[str, Any]:
    assert stream
    return dict(json.loads(stream.readline()))


def test_a_url_is_asked_for_once_until_it_is_stale_or_used() -> None:
    with talking() as process:
        say(process, level=3)
        for url in ("a", "b", "c"):
            assert hear(process.stdout) == {"want": "1"}
            say(process, urls={})
            say(process, urls={"1": url})

        assert hear(process.stdout) == {"done": [{"level": 3}, "a", "a", "b", "b", "c"]}


def test_it_ends_when_the_other_side_goes_before_the_job() -> None:
    with talking() as process:
        assert process.stdin
        process.stdin.close()

        assert process.wait(20) == GONE


def test_it_ends_when_the_other_side_goes_while_it_waits() -> None:
    with talking() as process:
        say(process, level=3)
        assert hear(process.stdout) == {"want": "1"}
        assert process.stdin
        process.stdin.close()

        assert process.wait(20) == GONE
