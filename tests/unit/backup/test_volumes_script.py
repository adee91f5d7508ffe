"""Folders that a restore fills belong to whom those belong to whose place they may take."""

import os
from pathlib import Path

import pytest
from backup.sources.hosts import with_docker

from deploy.host import Result, Script

VOLUMES = Script("deploy.backup", "volumes.sh")
# What a container would do, done here: what is mounted at /at is where it lies.
DOCKER = r"""
while [ "$1" != image ]; do
    case $1 in
        --entrypoint) program=$2 ;;
        --volume) from=${2%:/at} ;;
    esac
    shift
done
shift
umask 022
mkdir -p "$from"
if [ "$program" = sh ]; then
    text=$(printf %s "$2" | sed "s,\"/at,\"$from,g")
    shift 2
    exec sh -c "$text" "$@"
fi
for argument; do
    shift
    set -- "$@" "$(printf %s "$argument" | sed "s,^/at,$from,")"
done
exec "$program" "$@"
"""


def made(folder: Path, verb: str, *places: Path) -> Result:
    note = str(folder / "note")
    return with_docker(folder, DOCKER).run(VOLUMES.command(verb, "image", note, *map(str, places)))


@pytest.mark.parametrize("name", ["data", "my -data's"])
def test_a_new_folder_has_the_owner_and_the_mode_of_the_old_one(tmp_path: Path, name: str) -> None:
    old, new = tmp_path / name, tmp_path / f"{name}-restore"
    old.mkdir(0o2750)
    old.chmod(0o2750)
    os.chown(old, 1234, 4321)
    new.mkdir()
    (new / "of before").touch()

    assert made(tmp_path, "anew", new).ok

    status = new.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 4321, 0o2750)
    assert not any(new.iterdir())
    assert made(tmp_path, "remove", new).ok
    assert not new.exists()


def test_where_the_old_one_is_gone(tmp_path: Path) -> None:
    new = tmp_path / "data-restore"

    assert made(tmp_path, "anew", new).ok

    assert new.stat().st_mode & 0o777 == 0o755


def test_on_a_new_server_a_folder_of_another_name_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "my").mkdir(0o700)
    first = tmp_path / "my-data"

    assert made(tmp_path, "first", first).ok

    assert first.stat().st_mode & 0o777 != 0o700
