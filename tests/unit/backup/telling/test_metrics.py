"""The textfile of Prometheus: its text, and that it is written whole or not at all."""

from pathlib import Path

import pytest
from backup.memory import snapshot_of

from deploy.backup.catalog import DRILLED, STRUCTURE, Entry, Proof, Standing
from deploy.backup.telling.metrics import Elsewhere, Run, read, render, write
from deploy.errors import NotTold
from deploy.host.local import LocalHost

RUN = Run("shop", "staging", 1767323100.5, ok=True)
FAILED = Run("shop", "staging", 1767409500.0, ok=False)
PROOFS = (Proof(STRUCTURE, 100), Proof(DRILLED, 200))
STANDS = Standing(Entry(snapshot_of("s1", begun=1767323045.0), PROOFS), 2, 1)
LABELS = '{app="shop",environment="staging"}'


def samples(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in lines}


def test_after_a_success_it_says_how_it_stands() -> None:
    assert samples(render(RUN, STANDS)) == {
        f"slipway_backup_newest_proven_timestamp_seconds{LABELS}": "1767323045.0",
        f"slipway_backup_newest_proven_level{LABELS}": "3",
        f"slipway_backup_stored_bytes{LABELS}": "1040",
        f"slipway_backup_duration_seconds{LABELS}": "5.0",
        'slipway_backup_snapshots{app="shop",environment="staging",proven="true"}': "2",
        'slipway_backup_snapshots{app="shop",environment="staging",proven="false"}': "1",
        f"slipway_backup_last_run_success{LABELS}": "1",
        f"slipway_backup_last_run_timestamp_seconds{LABELS}": "1767323100.5",
    }


def test_each_metric_has_help_and_type_once_right_before_its_samples() -> None:
    lines = render(RUN, STANDS).splitlines()

    for number, line in enumerate(lines):
        name = line.split("{")[0]
        if line.startswith("# HELP"):
            assert lines[number + 1] == f"# TYPE {line.split()[2]} gauge"
        elif not line.startswith("#") and not lines[number - 1].startswith(name):
            assert lines[number - 1] == f"# TYPE {name} gauge"
    helps = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(helps) == len(set(helps)) == 7
    assert render(RUN, STANDS).endswith("\n")


def test_after_a_failure_it_keeps_what_was_known() -> None:
    before = render(RUN, STANDS)

    after = samples(render(FAILED, None, before))

    assert after == {
        **samples(before),
        f"slipway_backup_last_run_success{LABELS}": "0",
        f"slipway_backup_last_run_timestamp_seconds{LABELS}": "1767409500.0",
    }


def test_it_keeps_nothing_of_another_environment() -> None:
    before = render(Run("shop", "production", 1.0, ok=True), STANDS)

    assert set(samples(render(FAILED, None, before))) == {
        f"slipway_backup_last_run_success{LABELS}",
        f"slipway_backup_last_run_timestamp_seconds{LABELS}",
    }


def test_where_nothing_is_proven_any_more_nothing_is_kept_of_it() -> None:
    found = render(RUN, Standing(None, 0, 1), render(RUN, STANDS))

    assert "newest" not in found
    assert 'proven="false"} 1' in found


def test_labels_are_escaped() -> None:
    text = render(Run('a"b\\c\nd', "staging", 1.0, ok=True), None)

    assert '{app="a\\"b\\\\c\\nd",environment="staging"} 1' in text


def test_a_file_is_replaced_whole_and_others_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "slipway.prom"
    for text in ("old\n", "new\n"):
        write(file, text)

    assert read(file) == "new\n"
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "slipway.prom"

    with pytest.raises(NotTold) as error:
        write(file, "text")

    assert str(error.value) == (
        f"{file}: it cannot be written: No such file or directory."
        " make its folder, writable for this user, or change `metrics` in [backup]."
    )


def test_what_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "slipway.prom" / "a").mkdir(parents=True)

    with pytest.raises(NotTold, match="it cannot be written: Is a directory"):
        write(tmp_path / "slipway.prom", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["slipway.prom"]


def test_no_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "odd.prom").write_bytes(b"\xff")

    assert read(tmp_path / "none.prom") == read(tmp_path / "odd.prom") == ""


def test_a_server_keeps_its_own_file_in_a_folder_that_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "it's" / "slipway.prom"
    there = Elsewhere(LocalHost(), file)

    assert there.read() == ""
    for text in ("old\n", "new\n"):
        there.write(text)

    assert there.read() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o644
    assert file.parent.stat().st_mode & 0o055 == 0o055
    assert list(file.parent.iterdir()) == [file]


def test_a_server_that_does_not_take_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "slipway.prom" / "a").mkdir(parents=True)

    with pytest.raises(NotTold, match=r"slipway.prom: it cannot be written: mv: .*directory"):
        Elsewhere(LocalHost(), tmp_path / "slipway.prom").write("text")

    assert [path.name for path in tmp_path.iterdir()] == ["slipway.prom"]
