"""Redis: what is asked before a dump, and which commands put it back by hand."""

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest
from backup.memory import snapshot_of
from backup.sources.hosts import Ground, origin, saying

from deploy.backup.sources import redis
from deploy.backup.sources.base import Server, Source
from deploy.errors import SourceFailed
from deploy.host import Command, Result
from deploy.host.recording import RecordingHost

CACHE = Source("cache", redis.KIND, "cache")
FACTS = {"dir": "/data", "dbfilename": "kept.rdb", "appendonly": "yes", "appenddirname": "aof"}
KEYS = dataclasses.replace(snapshot_of("s1").archives[0], form=redis.FORMS[0], facts=FACTS)


def lines(**facts: str) -> list[str]:
    return [json.dumps({name: value}) for name, value in facts.items()]


def test_all_keys_are_one_archive_that_knows_the_settings() -> None:
    (piece,) = redis.pieces(CACHE, origin(saying(*lines(**FACTS))))

    assert (piece.name, piece.form, piece.facts) == ("cache.rdb", "redis-rdb", FACTS)


def test_one_that_does_not_answer() -> None:
    with pytest.raises(SourceFailed, match=r"services\.cache: Redis does not answer: NOAUTH"):
        redis.pieces(CACHE, origin(saying(code=1, stderr="NOAUTH Authentication required.")))


def test_one_whose_files_no_restore_would_find() -> None:
    with pytest.raises(SourceFailed, match="it keeps its data in /var/lib/redis, not in /data"):
        redis.pieces(CACHE, origin(saying(*lines(**{**FACTS, "dir": "/var/lib/redis"}))))


def answers(command: Command) -> Result:
    return Result(0, b"999:998\n" if command.name == "redis_who" else b"7\n")


def test_it_runs_on_the_new_volume_before_anything_is_in_it() -> None:
    """So that Docker fills it as the image has it; and it saves nothing there."""
    ground = Ground(RecordingHost(answer=answers))

    redis.restore([KEYS], ground)

    first, poured, loading, last = ground.done
    assert isinstance(first, Server)
    assert first == loading
    assert first.command[-4:] == ("--appendonly", "no", "--save", "")
    assert poured is KEYS
    assert isinstance(last, Server)
    assert last.command == ()
    assert ground.into[0].argv[-2:] == ("/data/kept.rdb", "999:998")


def test_what_is_poured_belongs_to_whom_it_runs_as(tmp_path: Path) -> None:
    ground = Ground(RecordingHost(answer=answers))
    redis.restore([KEYS], ground)
    argv = [word.replace("/data", str(tmp_path)) for word in ground.into[0].argv]

    subprocess.run(argv, input=b"keys", check=True)

    assert (tmp_path / "kept.rdb").read_bytes() == b"keys"
    for path in (tmp_path, tmp_path / "kept.rdb"):
        assert (path.stat().st_uid, path.stat().st_gid) == (999, 998)


@pytest.mark.parametrize(("appends", "lines"), [("yes", 5), ("no", 3)])
def test_by_hand_an_append_only_file_is_thought_of(appends: str, lines: int) -> None:
    archive = dataclasses.replace(KEYS, facts={**FACTS, "appendonly": appends})

    commands = list(redis.by_hand(archive, "open it"))

    assert commands[0] == "open it >'kept.rdb'"
    assert len(commands) == lines
