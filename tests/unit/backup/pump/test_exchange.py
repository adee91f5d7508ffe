"""Two folders change places, whole and at once."""

from pathlib import Path

import pytest

from deploy.backup.pump.exchange import exchange


def test_two_folders_change_places(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "which").write_text(name)

    exchange(str(tmp_path / "old"), str(tmp_path / "new"))

    assert (tmp_path / "old" / "which").read_text() == "new"
    assert (tmp_path / "new" / "which").read_text() == "old"


def test_where_one_is_missing_the_other_stays(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()

    with pytest.raises(FileNotFoundError):
        exchange(str(tmp_path / "old"), str(tmp_path / "new"))
    assert [found.name for found in tmp_path.iterdir()] == ["old"]
