"""From a store back: fetched, hashed, decrypted, decompressed, hashed, given to who wants it."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from io import FileIO
from typing import IO, Any

from . import curl, folder
from .channel import Channel
from .stages import Copying, Failed, Meter, Outside, Stage, chunks, piped

ATTEMPTS = 6  # without a byte in between
_PAUSE = 1.0  # seconds before the second attempt; doubled each time


def run(job: Mapping[str, Any], channel: Channel) -> Mapping[str, Any]:
    """Return the digests of what went through; both must be as they were written.

    Without a `key` only the stored bytes are read and compared.
    """
    stored = Meter()
    fetched = _metered(folder.read(job["store"]) if "store" in job else _fetch(channel), stored)
    if "key" not in job:
        for _ in fetched:
            pass
        _compare("stored", stored, job)
        return {"stored": stored.digest}
    age = _age(job["key"])
    zstd = Stage("zstd", ("zstd", "-q", "-d"), source=age.stdout)
    age.stdout.close()
    sink, stream = _sink(job["sink"])
    copying = Copying(sink.name, zstd.stdout, stream)
    _feed(age, fetched)
    _compare("stored", stored, job)
    for stage in (age, zstd):
        stage.end()
    plain = copying.end()
    _compare("plain", plain, job)
    sink.end()
    return {"stored": stored.digest, "plain": plain.digest}


def _age(key: str) -> Stage:
    """Return age, which reads the key from a pipe that nobody else sees."""
    reading, writing = os.pipe()
    os.write(writing, key.encode())
    os.close(writing)
    try:
        return Stage(
            "age", ("age", "--decrypt", "--identity", f"/dev/fd/{reading}"), keep=(reading,)
        )
    finally:
        os.close(reading)


def _feed(age: Stage, data: Iterator[bytes]) -> None:
    try:
        for chunk in data:
            age.stdin.write(chunk)
        age.stdin.close()
    except BrokenPipeError:
        age.end()
        raise Failed("age", "it ended too early") from None


def _sink(job: Mapping[str, Any]) -> tuple[Stage | Outside, IO[bytes] | FileIO]:
    if "argv" in job:
        stage = Stage(job["name"], job["argv"], sink=subprocess.DEVNULL)
        return stage, stage.stdin
    outside = Outside(job["name"], job["pipe"], job["exit"])
    return outside, outside.open("wb")


def _fetch(channel: Channel) -> Iterator[bytes]:
    """Yield what is at the job's URL; a connection that breaks is taken up where it broke."""
    url, offset, failures = channel.url("object"), 0, 0
    while True:
        process = curl.get(url, offset)
        before = offset
        for data in chunks(piped(process.stdout)):
            offset += len(data)
            yield data
        answer = curl.fetched(process.wait(), piped(process.stderr))
        if process.returncode == 0:
            return
        failures = 1 if offset > before else failures + 1
        if answer.status == curl.FORBIDDEN:
            url = channel.url("object", stale=url)
        if answer.status == curl.GONE:
            raise Failed("compare", "the store has it no longer")
        if failures >= ATTEMPTS or not (answer.transient or answer.status == curl.FORBIDDEN):
            raise Failed("fetch", answer.why)
        time.sleep(_PAUSE * 2 ** (failures - 1))


def _metered(data: Iterator[bytes], meter: Meter) -> Iterator[bytes]:
    for chunk in data:
        meter.see(chunk)
        yield chunk


def _compare(which: str, meter: Meter, job: Mapping[str, Any]) -> None:
    if meter.digest != job[which]:
        wanted = job[which]
        raise Failed(
            "compare",
            f"the {which} bytes are not those that were written: {meter.size} bytes with SHA-256"
            f" {meter.digest['sha256'][:12]}…, not {wanted['size']} with {wanted['sha256'][:12]}…",
        )
