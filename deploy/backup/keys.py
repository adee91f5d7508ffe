"""Keys of age: those of the team, and one for each snapshot. The only door to pyrage.

Each snapshot has a key of its own, sealed to the team's public keys. Who restores unlocks that one
and hands it to the server; the team's private key stays where it is.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage

from deploy.errors import SettingsError, WrongKey
from deploy.host import Secret

PUBLIC = "age1"  # how a public key begins
_SECRET = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")


@dataclass(frozen=True)
class KeyPair:
    """An age identity (X25519) and its recipient, as age writes them."""

    public: str
    secret: Secret


def generate() -> KeyPair:
    """Return a new key."""
    identity = pyrage.x25519.Identity.generate()
    return KeyPair(str(identity.to_public()), Secret(str(identity)))


def write_pair(file: Path) -> KeyPair:
    """Make a new key and write it into `file`, as age-keygen does. Raises `SettingsError`."""
    pair = generate()
    try:
        with open(file, "x", opener=_private, encoding="utf-8") as out:
            out.write(f"# public key: {pair.public}\n{pair.secret.reveal()}\n")
    except OSError as error:
        raise SettingsError(
            str(file), f"it cannot be written: {error.strerror}", "name another one with --file"
        ) from None
    return pair


def public_of(file: Path) -> str:
    """Return the public key of the first private key in `file`. Raises `SettingsError`."""
    return str(_identities(file)[0].to_public())


def check_public(keys: Iterable[str], place: str) -> tuple[str, ...]:
    """Return `keys` if each is a public key of age. Raises `SettingsError`."""
    found = tuple(keys)
    for key in found:
        if _SECRET.search(key):
            raise SettingsError(
                place,
                "a private key stands there",
                "write its public key, age1…, and make a new pair: this one has been seen",
            )
        try:
            pyrage.x25519.Recipient.from_str(key)
        except pyrage.RecipientError:
            raise SettingsError(
                place, f"{key!r} is no public key of age", "make one: `inv backup.keygen`"
            ) from None
    return found


def seal(secret: Secret, recipients: Sequence[str]) -> str:
    """Return `secret`, a snapshot's key, encrypted to `recipients`, armored."""
    to = [pyrage.x25519.Recipient.from_str(key) for key in recipients]
    return pyrage.encrypt(secret.reveal().encode(), to, armored=True).decode()


def unseal(sealed: str, key_file: Path, place: str) -> Secret:
    """Return a snapshot's key, unlocked with the private keys of `key_file`.

    Raises `WrongKey` where none of them fits, `SettingsError` where the file holds none.
    """
    identities = _identities(key_file)
    try:
        return Secret(pyrage.decrypt(sealed.encode(), identities).decode())
    except pyrage.DecryptError:
        mine = ", ".join(str(identity.to_public()) for identity in identities)
        raise WrongKey(
            place,
            f"the private key of {key_file} does not open it (it belongs to {mine})",
            "name the file of the right key with --key",
        ) from None


def _identities(key_file: Path) -> list[pyrage.x25519.Identity]:
    try:
        return [pyrage.x25519.Identity.from_str(key) for key in _secrets(key_file)]
    except pyrage.IdentityError:
        raise SettingsError(
            str(key_file),
            "what stands there is no private key of age: it is cut, or was changed",
            "name the right file with --key",
        ) from None


def _secrets(key_file: Path) -> list[str]:
    try:
        found = _SECRET.findall(key_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(
            str(key_file), f"it cannot be read: {why}", "name it with --key"
        ) from None
    if not found:
        raise SettingsError(
            str(key_file), "no private key of age stands there", "name the right file with --key"
        )
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
