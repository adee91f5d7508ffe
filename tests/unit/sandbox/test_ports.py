from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import SandboxError
from deploy.sandbox import ports

IDENTITY = "0000002a"


def everything_is_free(_port: int) -> bool:
    return True


def all_of(chosen: ports.Ports) -> list[int]:
    return [port for each in chosen.values() for port in each.values()]


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_every_port_is_chosen_once_and_below_the_range_of_outgoing_connections(seed: int) -> None:
    chosen = ports.choose(f"{seed:08x}", {}, frozenset(), everything_is_free)

    numbers = all_of(chosen)
    assert len(set(numbers)) == len(numbers) == sum(map(len, ports.PUBLISHED.values()))
    assert all(20000 <= port < 30000 for port in numbers)


def test_known_ports_stay() -> None:
    known = ports.choose(IDENTITY, {}, frozenset(), everything_is_free)

    assert ports.choose("ffffffff", known, frozenset(), everything_is_free) == known


def test_a_port_that_something_else_took_is_chosen_again() -> None:
    known = ports.choose(IDENTITY, {}, frozenset(), everything_is_free)
    lost = known["staging"]["http"]

    chosen = ports.choose(IDENTITY, known, frozenset(), lambda port: port != lost)

    assert chosen["staging"]["http"] != lost
    assert chosen["staging"]["http"] not in all_of(known)
    assert chosen["production"] == known["production"]


def test_the_ports_of_a_container_that_exists_stay_although_it_listens_on_them() -> None:
    known = ports.choose(IDENTITY, {}, frozenset(), everything_is_free)
    held = set(known["staging"].values())

    chosen = ports.choose(IDENTITY, known, frozenset({"staging"}), lambda port: port not in held)

    assert chosen == known


def test_no_new_port_is_one_of_a_container_that_exists() -> None:
    known = {"production": {"ssh": 20042, "http": 20043, "https": 20044, "alternate": 20045}}

    chosen = ports.choose(IDENTITY, known, frozenset({"production"}), everything_is_free)

    assert not set(chosen["staging"].values()) & set(known["production"].values())


def test_no_free_port_is_an_error() -> None:
    with pytest.raises(SandboxError, match="no free port"):
        ports.choose(IDENTITY, {}, frozenset(), lambda _port: False)


def test_ports_are_remembered(tmp_path: Path) -> None:
    chosen = ports.choose(IDENTITY, {}, frozenset(), everything_is_free)

    ports.save(tmp_path / "ports.json", chosen)

    assert ports.load(tmp_path / "ports.json") == chosen


@pytest.mark.parametrize("content", ["", "[]", "{", '{"staging": 1}', '{"staging": {"ssh": "x"}}'])
def test_a_file_that_cannot_be_read_remembers_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)

    assert ports.load(tmp_path / "ports.json") == {}


def test_no_file_remembers_nothing(tmp_path: Path) -> None:
    assert ports.load(tmp_path / "ports.json") == {}


def test_what_comes_to_the_sandbox_later_moves_no_port() -> None:
    before = ports.choose(IDENTITY, {}, frozenset(), everything_is_free)
    del before["s3"]

    chosen = ports.choose(IDENTITY, before, frozenset(before), everything_is_free)

    assert {name: chosen[name] for name in before} == before
    assert chosen["s3"]["api"] not in all_of(before)
