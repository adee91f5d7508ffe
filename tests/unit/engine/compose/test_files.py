from pathlib import Path

import pytest

from deploy.engine.compose.files import content_hash
from deploy.errors import ComposeError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "conf"
    found.mkdir()
    return found


def test_what_lies_behind_a_link_is_content_too(folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (folder / "shared").symlink_to(shared)
    (folder / "again").symlink_to(shared)
    before = content_hash(folder)

    (shared / "gzip.conf").write_text("gzip on;")

    assert content_hash(folder) != before


def test_a_link_that_leads_back_is_refused(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "up").symlink_to(folder)

    with pytest.raises(ComposeError, match=r"inside/up: it leads back to a folder above it"):
        content_hash(folder)


@pytest.mark.parametrize("to", ["nowhere", "broken"])
def test_a_link_that_leads_nowhere_is_refused(folder: Path, to: str) -> None:
    (folder / "broken").symlink_to(to)

    with pytest.raises(ComposeError, match=r"conf/broken: it leads nowhere. mend or remove"):
        content_hash(folder)
