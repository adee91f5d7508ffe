"""What is checked before any connection: the URL against the ports of the proxy."""

from pathlib import Path
from typing import Any

import pytest

from deploy.errors import SettingsError
from deploy.settings import Environment, RolloutSettings, Settings
from deploy.wiring import App

NGINX: dict[str, Any] = {"image": "nginx:1", "ports": [{"target": 80, "published": "8080"}]}


def an_app(url: str) -> App:
    environment = Environment("test", ("local",), (Path("compose.yaml"),), url=url)
    settings = Settings("shop", Path("shop"), {"test": environment}, RolloutSettings())
    return App(Path(), settings, environment)


def test_the_url_names_the_port_inside_the_container() -> None:
    an_app("http://shop.test/health")._check_url({"services": {"front": NGINX}})
    with pytest.raises(SettingsError, match="no port 8080 of front is published.*one of 80"):
        an_app("http://shop.test:8080/health")._check_url({"services": {"front": NGINX}})


def test_a_proxy_without_published_ports_is_not_checked() -> None:
    own = {"image": "team/web-server", "x-proxy": True}
    an_app("http://shop.test/health")._check_url({"services": {"own": own}})
