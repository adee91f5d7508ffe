"""Keys of age: made, checked, sealed, opened."""

import stat
from pathlib import Path

import pytest

from deploy.backup import keys
from deploy.errors import SettingsError, WrongKey

ANN, BOB, EVE = keys.generate(), keys.generate(), keys.generate()


def written(folder: Path, *pairs: keys.KeyPair) -> Path:
    file = folder / "keys"
    file.write_text("# a comment\n" + "".join(f"{pair.secret.reveal()}\n" for pair in pairs))
    return file


def test_a_pair_is_written_as_age_keygen_does(tmp_path: Path) -> None:
    file = tmp_path / "slipway.key"

    pair = keys.write_pair(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"# public key: {pair.public}\n{pair.secret.reveal()}\n"


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "slipway.key"
    file.write_text("the only copy")

    with pytest.raises(SettingsError, match=r"it cannot be written: File exists. name another one"):
        keys.write_pair(file)
    assert file.read_text() == "the only copy"


def test_a_secret_is_not_shown_by_accident() -> None:
    assert ANN.secret.reveal() not in f"{ANN} {ANN!r}"


def test_public_keys_are_taken() -> None:
    assert keys.check_public([ANN.public, BOB.public], "here") == (ANN.public, BOB.public)


@pytest.mark.parametrize("key", ["", "age1", "age1abc", "ssh-ed25519 AAAA", "one more"])
def test_what_is_no_public_key(key: str) -> None:
    wrong = f"{ANN.public}q" if key == "one more" else key
    with pytest.raises(SettingsError, match="here: .* is no public key of age. make one"):
        keys.check_public([BOB.public, wrong], "here")


def test_a_private_key_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(SettingsError, match="a private key stands there") as error:
        keys.check_public([f"x{EVE.secret.reveal()}"], "here")
    assert EVE.secret.reveal() not in str(error.value)


def test_each_of_the_recipients_opens_it(tmp_path: Path) -> None:
    own = keys.generate().secret

    sealed = keys.seal(own, [ANN.public, BOB.public])

    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert keys.unseal(sealed, written(tmp_path, ANN), "s1").reveal() == own.reveal()
    assert keys.unseal(sealed, written(tmp_path, EVE, BOB), "s1").reveal() == own.reveal()


def test_nobody_else_opens_it(tmp_path: Path) -> None:
    sealed = keys.seal(keys.generate().secret, [ANN.public])
    file = written(tmp_path, EVE)

    with pytest.raises(WrongKey) as error:
        keys.unseal(sealed, file, "s1")
    assert str(error.value) == (
        f"s1: the private key of {file} does not open it (it belongs to {EVE.public})."
        " name the file of the right key with --key."
    )


def test_a_key_file_that_is_none(tmp_path: Path) -> None:
    sealed = keys.seal(keys.generate().secret, [ANN.public])
    (tmp_path / "public").write_text(ANN.public)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "cut").write_text(ANN.secret.reveal()[:-5])

    for name, wrong in (
        ("none", "it cannot be read: No such file or directory"),
        ("public", "no private key of age stands there"),
        ("binary", "it cannot be read: it is no text"),
        ("cut", "is no private key of age"),
    ):
        with pytest.raises(SettingsError, match=wrong):
            keys.unseal(sealed, tmp_path / name, "s1")
