"""A store in the sandbox's S3, below a prefix of each test's own."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backups_reach_their_store.door import Door, open_door

from deploy.backup.stores.base import Store
from deploy.backup.stores.folder import FolderSettings, FolderStore
from deploy.backup.stores.s3 import S3Settings, S3Store
from deploy.host.local import LocalHost
from deploy.sandbox import Sandbox

Opens = Callable[..., S3Store]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of who runs the tests is found; the secret is the one that the sandbox knows."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def settings(sandbox: Sandbox) -> S3Settings:
    return S3Settings(
        bucket="backups",
        prefix=f"tests/{uuid.uuid4().hex[:8]}",
        endpoint=sandbox.s3,
        reach=sandbox.s3_from_here,
        path_style=True,
    )


@pytest.fixture
def opened(settings: S3Settings) -> Iterator[Opens]:
    """Opens stores as the sandbox's is, but for what is named."""
    with ExitStack() as stores:

        def make(**changes: Any) -> S3Store:
            store = S3Store(replace(settings, **changes))
            stores.callback(store.close)
            return store

        yield make


@pytest.fixture
def store(opened: Opens) -> S3Store:
    return opened()


@pytest.fixture(params=["bucket", "folder"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of each kind: what a bucket promises, a folder does too."""
    if request.param == "folder":
        return FolderStore(LocalHost(), FolderSettings(str(tmp_path)))
    found: S3Store = request.getfixturevalue("store")
    return found


@pytest.fixture
def door(sandbox: Sandbox) -> Iterator[Door]:
    with open_door(sandbox.s3_from_here) as found:
        yield found
