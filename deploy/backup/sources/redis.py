"""Redis and Valkey: all keys by `redis-cli --rdb`, a file that ends with a checksum of its own.

A Redis that appends (`appendonly yes`) and finds no append-only file starts with no keys, however
full its RDB file is. So a restore loads the keys with appending off, lets Redis write the other
file where its settings want one, and then starts it as the service does: all keys must be there.

The files are to belong to whoever Redis runs as. With an entrypoint of root they come to by
themselves; with a `user` of its own Redis can neither take them nor make others beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.backup.snapshot import CHOOSE, Archive
from deploy.backup.sources.base import Ground, Origin, Piece, Server, Source, read_facts
from deploy.backup.transfer import Into, Outside
from deploy.errors import DamagedSnapshot, SourceFailed
from deploy.host import Host, Script, check

KIND = "redis"
IMAGES = frozenset(["redis", "valkey", "redis-stack-server"])
FORMS: tuple[str, ...] = ("redis-rdb",)
_HERE = "deploy.backup.sources"
_CLIENT = ((_HERE, "redis_client.sh"),)
_FACTS = Script(_HERE, "redis_facts.sh", _CLIENT)
_DUMP = Script(_HERE, "redis_dump.sh", _CLIENT)
_KEYS = Script(_HERE, "redis_keys.sh", _CLIENT)
_APPEND = Script(_HERE, "redis_append.sh", _CLIENT)
_WHO = Script(_HERE, "redis_who.sh")
_READ = Script(_HERE, "redis_read.sh")
_TAKE = 'cat >"$1" && chown "$2" /data "$1"'
_PROCESS = "redis-server|valkey-server"
_PING = ("sh", "-c", """exec "$(command -v redis-cli || echo valkey-cli)" ping""")


def data_path(_model: Mapping[str, Any]) -> str:
    """Return where a service of Redis keeps its data, in its container."""
    return "/data"


def pieces(source: Source, origin: Origin) -> tuple[Piece, ...]:
    """Return the one archive of all keys. Raises `SourceFailed`."""
    host, container = origin.host, origin.container(source)
    result = host.run(_FACTS.command(container))
    place = f"services.{source.service}"
    if not result.ok:
        raise SourceFailed(
            place,
            f"Redis does not answer: {result.error_text}",
            "see that it is up, and that its password is in its environment as REDIS_PASSWORD",
        )
    facts = read_facts(result.stdout)
    if facts["dir"] != data_path({}):
        raise SourceFailed(
            place,
            f"it keeps its data in {facts['dir']}, not in {data_path({})}",
            "mount its volume there and set `dir`, or write `x-backup: {kind: volume}`",
        )
    dump = Outside("redis-cli", _DUMP, (container,))
    return (Piece(source, f"{source.name}.rdb", FORMS[0], outside=dump, facts=facts),)


def reader(_archive: Archive, image: str) -> Into:
    """Return what reads an archive: redis-check-rdb of the service's image."""
    return Into(outside=Outside("redis-check-rdb", _READ, (image,)))


def restore(archives: Sequence[Archive], ground: Ground) -> None:
    """Put the keys on a new volume, in the files that the service's own settings ask for."""
    for archive in archives:
        file, loading = f"/data/{archive.facts['dbfilename']}", _loading(archive.facts)
        with ground.stand_in(loading) as container:  # on nothing, and it leaves nothing
            who = _run(ground.host, _WHO, container).strip()
        ground.pour(archive, Into(("sh", "-c", _TAKE, "cat", file, who), ground.volume))
        with ground.stand_in(loading) as container:
            keys = _keys(ground.host, container)
            if archive.facts["appendonly"] == "yes":
                _run(ground.host, _APPEND, container)
        with ground.stand_in(Server(_PROCESS, _PING)) as container:
            found = _keys(ground.host, container)
        if found != keys:
            raise DamagedSnapshot(
                archive.name, f"started as the service does, it has {found} of {keys} keys", CHOOSE
            )
        ground.say(f"{archive.name}: restored and loaded, {keys} keys")


def _loading(facts: Mapping[str, Any]) -> Server:
    """Return how it is run to load the file of keys, and to write the other one."""
    names = ("dir", "dbfilename", "appendfilename", "appenddirname")
    settings = [word for name in names if facts.get(name) for word in (f"--{name}", facts[name])]
    command = ("redis-server", *settings, "--appendonly", "no", "--save", "")
    return Server(_PROCESS, _PING, command)


def _keys(host: Host, container: str) -> int:
    return int(_run(host, _KEYS, container))


def _run(host: Host, script: Script, container: str) -> str:
    command = script.command(container, timeout=3600)
    return check(host.name, command, host.run(command)).text


def holds(_archive: Archive) -> str:
    """Return that it holds keys."""
    return "all keys of Redis"


def by_hand(archive: Archive, opened: str) -> Iterator[str]:
    """Yield commands that fill a new volume."""
    file = archive.facts["dbfilename"]
    yield f"{opened} >'{file}'"
    yield "# put it into an empty data folder, owned by Redis's user, and start there:"
    yield f"# redis-server --dbfilename '{file}' --appendonly no"
    if archive.facts["appendonly"] == "yes":
        yield "# then, before it is started with appending on: redis-cli config set appendonly yes,"
        yield "# and wait until `redis-cli info persistence` says aof_rewrite_in_progress:0"
