"""What a recovered release is made of lies as it lay before."""

from pathlib import Path

from deploy.host import Script
from deploy.host.archive import PRIVATE, pack
from deploy.host.local import LocalHost


def test_modes_stay_as_they_were(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("")
    script.chmod(0o755)
    sources, mounted = {"files/ab/run.sh": script}, {"files/cd/word": b"a secret"}
    archive = pack({"releases/r1/.env": b"A=1"}, PRIVATE, sources, mounted)
    place = tmp_path / "staging"

    command = Script("deploy.backup", "place.sh").command(str(place), stdin=archive)
    assert LocalHost().run(command).ok

    modes = {str(path.relative_to(place)): path.stat().st_mode & 0o777 for path in place.rglob("*")}
    assert modes == {
        "files": 0o700,
        "files/ab": 0o700,
        "files/ab/run.sh": 0o755,
        "files/cd": 0o700,
        "files/cd/word": 0o644,
        "releases": 0o700,
        "releases/r1": 0o700,
        "releases/r1/.env": 0o600,
    }
    assert place.stat().st_mode & 0o777 == 0o700
