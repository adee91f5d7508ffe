from pathlib import Path

import pytest

from deploy.errors import SandboxError
from deploy.sandbox import Sandbox, ports


def test_the_same_checkout_always_has_the_same_names() -> None:
    one = Sandbox(Path("/srv/one"))

    assert one.identity == Sandbox(Path("/srv/one")).identity
    assert len(one.identity) == 8
    int(one.identity, 16)
    assert one.container("staging") == f"slipway-{one.identity}-staging"
    assert one.network == f"slipway-{one.identity}"


def test_two_checkouts_never_share_a_name() -> None:
    one, two = Sandbox(Path("/srv/one")), Sandbox(Path("/srv/two"))

    assert one.container("staging") != two.container("staging")
    assert one.network != two.network


def test_a_link_to_a_checkout_is_the_same_checkout(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert Sandbox.at(tmp_path / "link") == Sandbox.at(tmp_path / "real")


def test_a_checkout_with_a_link_uses_the_sandbox_of_another(tmp_path: Path) -> None:
    (tmp_path / "real/.sandbox").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/.sandbox").symlink_to("../real/.sandbox")

    assert Sandbox.at(tmp_path / "other") == Sandbox.at(tmp_path / "real")


def test_the_builders_socket_lies_in_the_checkout_where_its_path_is_short() -> None:
    box = Sandbox(Path("/srv/one"))

    assert box.builder_socket == Path("/srv/one/.sandbox/builder/docker.sock")


@pytest.mark.parametrize("runtime", ["", "/does/not/exist"])
def test_the_builders_socket_has_a_short_path_in_a_deep_checkout(
    runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    box = Sandbox(Path("/srv") / ("deep" * 30))

    assert len(str(box.builder_socket)) < 100
    assert box.identity in str(box.builder_socket)


def test_a_deep_checkout_uses_the_users_runtime_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    box = Sandbox(Path("/srv") / ("deep" * 30))

    assert box.builder_socket.is_relative_to(tmp_path)


def test_ports_are_read_from_what_the_last_up_chose(tmp_path: Path) -> None:
    box = Sandbox.at(tmp_path)
    box.state.mkdir()
    ports.save(box.ports_file, {"staging": {"ssh": 20001, "http": 20002, "https": 20003}})

    assert box.ssh_port("staging") == 20001
    assert box.http_port("staging") == 20002
    assert box.https_port("staging") == 20003


def test_s3_has_one_address_for_the_servers_and_one_for_this_machine(tmp_path: Path) -> None:
    box = Sandbox.at(tmp_path)
    box.state.mkdir()
    ports.save(box.ports_file, {"s3": {"api": 20014}})

    assert box.s3 == "http://s3.sandbox:4566"
    assert box.s3_from_here == "http://127.0.0.1:20014"


def test_a_port_before_the_first_up_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"inv sandbox\.up"):
        Sandbox.at(tmp_path).http_port("staging")
