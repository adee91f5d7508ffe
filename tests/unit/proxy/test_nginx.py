import io
import tarfile

import pytest

from deploy.errors import ProxyError, SlipwayError, Unhealthy
from deploy.host import Command, Result, Run
from deploy.host.recording import RecordingHost
from deploy.proxy.nginx import Answer, Nginx

URL = "https://shop.example.com/health"
TEXTS = {"web.conf": "upstream web {}\n"}


def an_nginx(code: int = 0, out: str = "", err: str = "", url: str = URL) -> Nginx:
    host = RecordingHost("server", lambda _: Result(code, out.encode(), err.encode()))
    return Nginx(host, "shop-test", url)


def a_run() -> Run:
    return Run("/opt/shop/test", "run1")


def switch(nginx: Nginx) -> None:
    nginx.switch(a_run(), "/c.yaml", TEXTS, ids=["n1"], count=3, watch=lambda _: None)


def drain(nginx: Nginx) -> None:
    nginx.drain(a_run(), TEXTS, names=["a", "b"], ids=["n1"], seconds=35, watch=lambda _: None)


def sent(nginx: Nginx) -> Command:
    assert isinstance(nginx.host, RecordingHost)
    (command,) = nginx.host.commands
    return command


def test_switch_sends_the_files_and_what_to_prove() -> None:
    nginx = an_nginx()

    switch(nginx)

    assert sent(nginx).argv[4:] == (
        *("/opt/shop/test", "run1:1", '"switch"', "shop-test", "/c.yaml", URL, "3", "n1"),
    )
    with tarfile.open(fileobj=io.BytesIO(sent(nginx).stdin)) as archive:
        assert [(entry.name, entry.mode) for entry in archive] == [("web.conf", 0o644)]


def test_without_a_url_nothing_is_asked() -> None:
    nginx = an_nginx(url="")

    switch(nginx)

    assert sent(nginx).argv[9] == "-"


def test_drain_names_the_replicas_that_stay() -> None:
    nginx = an_nginx()

    drain(nginx)

    assert sent(nginx).argv[4:] == ("/opt/shop/test", "run1:1", '"drain"', "35", "a b", "n1")
    assert sent(nginx).timeout > 35


def test_watch_knows_how_often_each_replica_restarted_before() -> None:
    nginx = an_nginx()

    nginx.watch(a_run(), {"c1": 0, "c2": 3}, ["n1"], 5.0)

    assert sent(nginx).argv[7:] == ("5", URL, "c1:0 c2:3", "n1")


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (41, Unhealthy, "new replicas: one crashed after a healthy start."),
        (50, ProxyError, f"nginx: the new release does not answer at {URL} through nginx."),
        (51, ProxyError, "nginx: it refuses its configuration (`nginx -t`)."),
        (52, ProxyError, "nginx: it did not take the new configuration."),
        (53, ProxyError, f"nginx: {URL} is not answered well through nginx."),
        (54, ProxyError, "nginx: it cannot resolve the name of a replica."),
        (56, ProxyError, "nginx: it does not run. see why with `inv logs`"),
        (57, ProxyError, "nginx: the new one does not start. its log is above"),
    ],
)
def test_what_nginx_refuses(code: int, kind: type[SlipwayError], message: str) -> None:
    for step in (switch, drain):
        with pytest.raises(kind) as error:
            step(an_nginx(code, err="nginx: [emerg] unknown directive"))

        assert str(error.value).startswith(message)
        assert error.value.detail == "nginx: [emerg] unknown directive"


def test_a_full_disk_is_not_blamed_on_nginx() -> None:
    with pytest.raises(ProxyError, match="the disk of its server is full"):
        switch(an_nginx(51, err="sh: write error: No space left on device"))


@pytest.mark.parametrize(
    ("nginx", "ids", "answer", "status"),
    [
        (an_nginx(out="200 fine\n"), ["n1"], Answer(URL, "200 fine", ok=True), "200"),
        (an_nginx(53, "502 bad\n"), ["n1"], Answer(URL, "502 bad", ok=False), "502"),
        (an_nginx(53, "000 curl\n"), ["n1"], Answer(URL, "000 curl", ok=False), "nothing"),
        (an_nginx(), [], Answer(URL, "", ok=False), "nothing, for no nginx runs"),
    ],
)
def test_asking_for_the_url(nginx: Nginx, ids: list[str], answer: Answer, status: str) -> None:
    assert nginx.ask("/opt", ids) == answer
    assert answer.status == status


def test_without_a_url_there_is_nothing_to_ask() -> None:
    with pytest.raises(ProxyError, match="health: no url is configured"):
        an_nginx(url="").ask("/opt", ["n1"])
