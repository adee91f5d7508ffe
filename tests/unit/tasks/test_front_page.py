"""What `inv --list` and `inv --help` say, and what they cost."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from front_page import CONTEXTS
from invoke.collection import Collection
from invoke.tasks import Task

from deploy.tasks import namespace
from deploy.tasks.base import SlipwayTask

HEAVY = ["fabric", "paramiko", "docker", "rich", "boto3", "requests", "pyrage", "apprise"]


def every_task(collection: Collection, prefix: str = "") -> Iterator[tuple[str, Task[Any]]]:
    """Yield each task by what people type: a collection's own name for its default task."""
    for name, task in collection.tasks.items():
        typed = prefix.rstrip(".") if prefix and name == collection.default else f"{prefix}{name}"
        yield typed, task
    for name, inner in collection.collections.items():
        yield from every_task(inner, f"{prefix}{name}.")


TASKS = dict(every_task(namespace))


def test_there_is_a_front_page() -> None:
    assert {"deploy", "rollback", "status", "sandbox.up", "env.init", "server.unlock"} <= set(TASKS)
    assert {"backup", "backup.list", "restore", "restore.undo", "recover"} <= set(TASKS)
    assert set(TASKS) == set(CONTEXTS)


@pytest.mark.parametrize("name", TASKS)
def test_every_flag_says_what_it_is(name: str) -> None:
    for argument in CONTEXTS[name].args.values():
        assert argument.help, f"{name}: {argument.name} has no help"
        assert len(argument.help) <= 100


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_one_short_sentence(name: str) -> None:
    first = (inspect.getdoc(TASKS[name].body) or "").partition("\n")[0]

    assert first.endswith(".")
    assert len(first) <= 70, f"{name}: {len(first)} characters"


@pytest.mark.parametrize("name", TASKS)
def test_every_task_ends_in_one_line(name: str) -> None:
    assert isinstance(TASKS[name], SlipwayTask)


def test_the_list_pays_for_invoke_only() -> None:
    code = f"import sys, deploy.tasks; print(*[m for m in {HEAVY} if m in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == ""
