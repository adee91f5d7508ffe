"""What is checked before any connection: the URL against the ports of the proxy."""

from pathlib import Path
from typing import Any

import pytest

from deploy.backup.keys import public_of
from deploy.errors import SettingsError
from deploy.settings import Dev, Environment, RolloutSettings, Settings
from deploy.wiring import App
from deploy.wiring.sandbox import KEY, PUBLIC, _ensure_keys

NGINX: dict[str, Any] = {"image": "nginx:1", "ports": [{"target": 80, "published": "8080"}]}


def an_app(url: str) -> App:
    environment = Environment("test", ("local",), (Path("compose.yaml"),), url=url)
    settings = Settings(
        "shop", Path("shop"), {"test": environment}, RolloutSettings(), Dev((), Path(".env"))
    )
    return App(Path(), settings, environment)


def test_the_url_names_the_port_inside_the_container() -> None:
    an_app("http://shop.test/health")._check_url({"services": {"front": NGINX}})
    with pytest.raises(SettingsError, match="no port 8080 of front is published.*one of 80"):
        an_app("http://shop.test:8080/health")._check_url({"services": {"front": NGINX}})


def test_a_proxy_without_published_ports_is_not_checked() -> None:
    own = {"image": "team/web-server", "x-proxy": True}
    an_app("http://shop.test/health")._check_url({"services": {"own": own}})


def test_the_keys_of_the_sandbox_belong_together(tmp_path: Path) -> None:
    for _ in range(2):
        _ensure_keys(tmp_path)

    assert {file.name for file in tmp_path.iterdir()} == {KEY, PUBLIC}
    assert public_of(tmp_path / KEY) == (tmp_path / PUBLIC).read_text().strip()
