"""Variables without a value, and secrets that are none: named before any connection."""

import pytest
from bad_input.expect import REFUSED, assert_ended, edit
from workspace import Workspace


@pytest.mark.parametrize("reference", ["${MAIL_HOST}", "${MAIL_HOST:?}", "${MAIL_HOST:?say where}"])
def test_unset_variable(live: Workspace, reference: str) -> None:
    edit(live.folder / "compose.yaml", "${SECRET:-}", reference)
    ended = live.deploy("v2")
    compose = str(live.folder / "compose.yaml")
    assert_ended(ended, REFUSED, compose, "${MAIL_HOST}", f"set it in {live.folder}/.env.staging")


def test_no_env_file(live: Workspace) -> None:
    (live.folder / ".env.staging").unlink()
    place = str(live.folder / ".env.staging")
    assert_ended(live.deploy("v2"), REFUSED, place, "no such env file", "`inv env.init`")


@pytest.mark.parametrize("value", ["changeme", "<password>", "your-secret-here", "TODO"])
def test_placeholder(live: Workspace, value: str) -> None:
    (live.folder / ".env.staging").write_text(f"A=1\nSECRET={value}\n")
    place = f"{live.folder / '.env.staging'}:2: "
    assert_ended(live.deploy("v2"), REFUSED, place, "SECRET", "placeholder", "fill it in")


def test_secret_never_filled_in(live: Workspace) -> None:
    (live.folder / ".env.staging").write_text("# generate\nSECRET=\n")
    place = f"{live.folder / '.env.staging'}:2: "
    assert_ended(live.deploy("v2"), REFUSED, place, "SECRET has no value", "fill it in")
