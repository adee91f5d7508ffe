import re
import stat
from pathlib import Path

import pytest

from deploy.errors import SettingsError
from deploy.secrets.env_file import check, create, fill, secrets_of

EXAMPLE = """\
# the shop
# generate
SECRET_KEY=
# generate
PASSWORD=
EMPTY=
NAME=shop
# generate
KEPT=already
"""


def test_secrets_are_made_and_nothing_else_changes() -> None:
    filled = fill(EXAMPLE)

    assert re.sub(r"=[0-9a-f]{48}$", "=", filled, flags=re.MULTILINE) == EXAMPLE
    assert len(set(re.findall(r"=([0-9a-f]{48})$", filled, re.MULTILINE))) == 2


def test_secrets_are_new_each_time() -> None:
    assert fill(EXAMPLE) != fill(EXAMPLE)


def test_an_env_file_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE)

    create(tmp_path / ".env.staging")

    assert stat.S_IMODE((tmp_path / ".env.staging").stat().st_mode) == 0o600
    check(tmp_path / ".env.staging")


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE)
    (tmp_path / ".env").write_text("A=1\n")

    with pytest.raises(SettingsError, match="it is there already"):
        create(tmp_path / ".env")

    assert (tmp_path / ".env").read_text() == "A=1\n"


def test_without_an_example_there_is_nothing_to_fill(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\.env\.example: there is no such file"):
        create(tmp_path / ".env")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n# generate\nKEY=\n", r"\.env:3: KEY has no value\. fill it in\."),
        ("A=changeme\n", r"\.env:1: A is still a placeholder"),
        ("A=CHANGE_ME\n", "A is still a placeholder"),
        ('A="change-me"\n', "A is still a placeholder"),
        ("A=<your key>\n", "A is still a placeholder"),
        ("A=your-api-key\n", "A is still a placeholder"),
        ("A=xxxx\n", "A is still a placeholder"),
    ],
)
def test_what_was_never_filled_in_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / ".env").write_text(text)

    with pytest.raises(SettingsError, match=message):
        check(tmp_path / ".env")


@pytest.mark.parametrize("text", ["", "A=\n", "A=changed\n", "A=exchange-me-not\n", "# generate\n"])
def test_what_looks_filled_in_passes(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_text(text)

    check(tmp_path / ".env")


def test_a_refusal_does_not_show_the_value(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=your-secret-thing\n")

    with pytest.raises(SettingsError) as error:
        check(tmp_path / ".env")

    assert "thing" not in str(error.value)


def test_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such env file"):
        check(tmp_path / ".env")


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("PASSWORD=hunter2", ["hunter2"]),
        ("DEBUG=true", []),
        ("TOKEN=1", []),
        ("SALUTE='good morning'", ["good morning"]),
        ("URL=db://me:pw42@host/x", ["db://me:pw42@host/x", "pw42"]),
        ("A=abcdefgh\nB=${A}-ij", ["${A}-ij", "abcdefgh", "abcdefgh-ij"][1:]),
        ("REGISTRY=registry.example.com:5000", []),
        ("API_KEY=machine.example.com", ["machine.example.com"]),
        ("HOOK=hooks.example.com/T0/x", ["hooks.example.com/T0/x"]),
        ("C='$$dollar$$$'", ["$$dollar$$$"]),
    ],
)
def test_what_is_not_to_be_shown(tmp_path: Path, line: str, hidden: list[str]) -> None:
    (tmp_path / ".env").write_text(f"{line}\n")

    assert [secret.reveal() for secret in secrets_of(tmp_path / ".env")] == hidden


def test_an_env_file_that_is_not_there_hides_nothing(tmp_path: Path) -> None:
    assert secrets_of(tmp_path / ".env") == ()
