import asyncio
import hashlib
import threading

import pytest

from app.security import hash_password


def test_two_threads_hash_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    scrypt = hashlib.scrypt

    def noted(*arguments: bytes, **parameters: int) -> bytes:
        seen.add(threading.get_ident())
        return scrypt(*arguments, **parameters)

    async def crowd() -> set[str]:
        return set(await asyncio.gather(*(hash_password("correct horse") for _ in range(8))))

    monkeypatch.setattr(hashlib, "scrypt", noted)
    assert len(asyncio.run(crowd())) == 8
    assert len(seen) <= 2
