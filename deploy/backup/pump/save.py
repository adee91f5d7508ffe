"""From a source to a store: hashed, compressed, encrypted, sent in parts or to a file."""

from collections.abc import Mapping, Sequence
from io import FileIO
from typing import IO, Any

from . import folder
from .channel import Channel
from .stages import Copying, Failed, Meter, Outside, Stage, chunks
from .upload import Uploader

TAR_CHANGED = 1  # GNU tar: some files changed, or vanished, while they were read
PROGRESS = 64 << 20  # plain bytes between two signs of progress


def run(job: Mapping[str, Any], channel: Channel) -> Mapping[str, Any]:
    """Return the digests of what went through, once every stage has ended with exit code 0."""
    source, stream = _source(job["source"])
    zstd = Stage("zstd", ("zstd", "-q", f"-{job['level']}", "-T0"))
    age = Stage("age", ("age", "--recipient", job["recipient"]), source=zstd.stdout)
    zstd.stdout.close()
    copying = Copying(source.name, stream, zstd.stdin)
    sink = folder.Writer(job["store"]) if "store" in job else Uploader(channel, job["parts"])
    stored, told = Meter(), 0
    for data in chunks(age.stdout):
        stored.see(data)
        sink.write(data)
        if copying.meter.size - told > PROGRESS:
            told = copying.meter.size
            channel.tell(plain=told, stored=stored.size)
    notes = _ended(source)
    plain = copying.end()
    for stage in (zstd, age):
        stage.end()
    return {
        "plain": plain.digest,
        "stored": stored.digest,
        "notes": notes,
        **sink.finish(),
    }


def _source(job: Mapping[str, Any]) -> tuple[Stage | Outside, IO[bytes] | FileIO]:
    if "argv" in job:
        stage = Stage(job["name"], job["argv"])
        stage.stdin.close()
        return stage, stage.stdout
    outside = Outside(job["name"], job["pipe"], job["exit"])
    return outside, outside.open("rb")


def _ended(source: Stage | Outside) -> Sequence[str]:
    """Return what the source had to say. Raises `Failed`."""
    if isinstance(source, Outside):
        return source.end().splitlines()
    fine = (TAR_CHANGED,) if source.name.startswith("tar") else ()
    code, said = source.end(*fine)
    if code == TAR_CHANGED and not said:
        raise Failed(source.name, "files changed, and it does not say which")
    return said
