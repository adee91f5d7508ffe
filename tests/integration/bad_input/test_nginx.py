"""Nginx refuses a new configuration, or the configuration leaves the upstreams out."""

from bad_input.expect import REFUSED, ROLLED_BACK, assert_ended, edit
from workspace import Workspace


def test_bad_directive_in_a_new_release(live: Workspace) -> None:
    edit(live.folder / "nginx.conf", "access_log off;", "acess_log off;")
    ended = live.deploy("v2")
    assert_ended(ended, ROLLED_BACK, "nginx", "`nginx -t`", "rolled back", "deploy again")
    assert 'unknown directive "acess_log"' in ended.err


def test_bad_directive_alone(live: Workspace) -> None:
    edit(live.folder / "nginx.conf", "access_log off;", "acess_log off;")
    ended = live.deploy("v1")
    assert_ended(ended, REFUSED, "nginx", "`nginx -t`", "deploy again")
    assert 'unknown directive "acess_log"' in ended.err


def test_upstreams_not_included(live: Workspace) -> None:
    edit(live.folder / "nginx.conf", "include /etc/nginx/upstreams/*.conf;", "")
    ended = live.deploy("v2")
    remedy = "`include /etc/nginx/upstreams/*.conf;`"
    assert_ended(ended, ROLLED_BACK, "nginx", "web.conf", "rolled back", remedy)
