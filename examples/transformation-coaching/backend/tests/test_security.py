import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.security import hash_password


def test_two_threads_hash_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    scrypt = hashlib.scrypt

    def noted(*arguments: bytes, **parameters: int) -> bytes:
        seen.add(threading.get_ident())
        return scrypt(*arguments, **parameters)

    monkeypatch.setattr(hashlib, "scrypt", noted)
    with ThreadPoolExecutor(8) as crowd:
        hashes = set(crowd.map(hash_password, ["correct horse"] * 8))
    assert len(hashes) == 8
    assert len(seen) <= 2
