"""Brings a whole environment up on an empty server, from a store and a private key.

First what the release is made of, then its data, on volumes that have their real names; starting it
is a rollout, like any other. What it has come to is noted on the server, so that one that was cut
off is taken up by the same command.
"""

from deploy.backup.create import Yard
from deploy.backup.fetch import fetch
from deploy.backup.fill import Filling
from deploy.backup.snapshot import CHOOSE, Archive, Opened, Snapshot
from deploy.backup.sources.base import RELEASE
from deploy.backup.sources.find import data_of
from deploy.backup.transfer import Into, Outside, Pump
from deploy.engine.base import Observation
from deploy.errors import DamagedSnapshot, SlipwayError
from deploy.host import Script, check

_PLACE = Script("deploy.backup", "place.sh")
_RECOVERING = Script("deploy.backup", "recovering.sh")
IN_PLACE = ""  # the suffix of volumes that are filled where they are to be


def lay(yard: Yard, opened: Opened) -> None:
    """Lay release and data of a snapshot down, ready to be started, on the empty machine of `yard`.

    Where a recovery of this snapshot was cut off after that, nothing is left to do. Raises
    `SlipwayError` where something else is there already, `DamagedSnapshot`, `SourceFailed`,
    `EngineError`.
    """
    snapshot, seen = opened.snapshot, yard.engine.observe()
    filled = f"filled {snapshot.id}" in _note(yard, "read").splitlines()
    _check_empty(yard, seen, filled=filled)
    if filled:
        yard.tell.say("a recovery was cut off when all data was back: going on from there")
        return
    with yard.held(seen.now):
        pump = Pump.ready(yard.host, yard.root)
        place = Outside("tar", _PLACE, (yard.root,))
        fetch(yard, pump, snapshot, _release(snapshot), (opened.key, Into(outside=place)))
        document = yard.document(str(snapshot.release["id"]))
        images = sorted({service["image"] for service in snapshot.release["services"].values()})
        yard.engine.pull(images, yard.tell.say)
        filling = Filling(yard, pump, opened, document, IN_PLACE, note="recovering")
        filling.fill(data_of(document, snapshot))
        _note(yard, "filled", snapshot.id)


def finish(yard: Yard) -> None:
    """Let go of what was noted, once the release serves."""
    _note(yard, "done")


def _note(yard: Yard, *arguments: str) -> str:
    command = _RECOVERING.command(f"{yard.root}/backup", *arguments)
    return check(yard.host.name, command, yard.host.run(command)).text


def _release(snapshot: Snapshot) -> Archive:
    for archive in snapshot.archives:
        if archive.source == RELEASE:
            return archive
    raise DamagedSnapshot(snapshot.id, "it holds no release", CHOOSE)


def _check_empty(yard: Yard, seen: Observation, *, filled: bool) -> None:
    if seen.current or (seen.replicas and not filled):
        raise SlipwayError(
            yard.host.name,
            f"{yard.app} is there already, in {yard.environment}",
            "put data back with `inv restore`; `inv recover` is for an empty server",
        )
