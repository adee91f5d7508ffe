"""Redis: what is asked before a dump, and which commands put it back by hand."""

import dataclasses
import json

import pytest
from backup.memory import snapshot_of
from backup.sources.hosts import origin, saying

from deploy.backup.sources import redis
from deploy.backup.sources.base import Source
from deploy.errors import SourceFailed

CACHE = Source("cache", redis.KIND, "cache")
FACTS = {"dir": "/data", "dbfilename": "kept.rdb", "appendonly": "yes", "appenddirname": "aof"}


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


@pytest.mark.parametrize(("appends", "lines"), [("yes", 5), ("no", 3)])
def test_by_hand_an_append_only_file_is_thought_of(appends: str, lines: int) -> None:
    archive = dataclasses.replace(
        snapshot_of("s1").archives[0],
        form=redis.FORMS[0],
        facts={**FACTS, "appendonly": appends},
    )

    commands = list(redis.by_hand(archive, "open it"))

    assert commands[0] == "open it >'kept.rdb'"
    assert len(commands) == lines
