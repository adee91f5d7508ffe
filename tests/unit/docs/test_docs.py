"""The documentation is held to the code: links, task names, flags."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from front_page import CONTEXTS

CHECKOUT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("examples/*/*.md")]
)
TASKS = CONTEXTS

_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)$", re.MULTILINE)
_NOT_YET = re.compile(r"^(#+) Not yet$.*?(?=^#{1,6} |\Z)", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"\binv ([a-z][a-z0-9.-]*)(?=[\s`|,;:)*]|$)([^\n`#]*)", re.MULTILINE)
_FLAG = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def _name(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


def _typed(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each task that a page names, with what follows it on the line."""
    text = _NOT_YET.sub("", page.read_text(encoding="utf-8"))
    for task, rest in _TYPED.findall(text):
        yield task.rstrip("."), re.sub(r'"[^"]*"', "", rest)


def _flags(task: str) -> set[str]:
    flags = TASKS[task].flags
    return {*flags, *flags.aliases}


def _section(task: str) -> str:
    text = (CHECKOUT / "docs/reference/tasks.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^### `inv {re.escape(task)}`$(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/reference/tasks.md has no section for inv {task}"
    return found[1]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_resolves(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))

    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_task_that_is_named_is_one(page: Path) -> None:
    assert {task for task, _ in _typed(page)} <= set(TASKS)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_flag_that_is_typed_is_one(page: Path) -> None:
    for task, rest in _typed(page):
        assert set(_FLAG.findall(rest)) <= _flags(task), f"inv {task}{rest}"


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_has_exactly_the_flags_of_a_task(task: str) -> None:
    rows = [line for line in _section(task).splitlines() if line.startswith("| `-")]
    told = {flag for row in rows for flag in _FLAG.findall(row.split(" | ")[0])}

    assert told == _flags(task)


def test_the_reference_has_no_task_that_is_gone() -> None:
    text = (CHECKOUT / "docs/reference/tasks.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^### `inv ([\w.-]+)`$", text, re.MULTILINE)) == set(TASKS)


def test_the_front_page_names_every_task() -> None:
    page = CHECKOUT / "README.md"

    assert {task for task, _ in _typed(page)} == set(TASKS)


def test_every_page_of_the_documentation_is_on_its_map() -> None:
    linked = set()
    for map_ in (CHECKOUT / "docs/README.md", CHECKOUT / "docs/adr/README.md"):
        links = _LINK.findall(map_.read_text(encoding="utf-8"))
        linked |= {(map_.parent / link).resolve() for link in links} | {map_.resolve()}

    assert {page for page in PAGES if page.is_relative_to(CHECKOUT / "docs")} <= linked


def test_every_module_and_script_is_on_the_map_of_the_source() -> None:
    text = (CHECKOUT / "docs/explanation/source-map.md").read_text(encoding="utf-8")
    told = {Path(word).name for word in re.findall(r"`([\w./-]+)`", text)}
    files = [*CHECKOUT.glob("deploy/**/*.py"), *CHECKOUT.glob("deploy/**/*.sh")]
    wanted = {
        file.name for file in files if file.name != "__init__.py" and "images" not in file.parts
    }

    assert wanted <= told


def test_every_fault_of_a_backup_names_its_test() -> None:
    text = (CHECKOUT / "docs/reference/backup-faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    heads = [line for line in rows if line.endswith("| test |")]

    assert len(named) == len(rows) - len(heads) > 40
    for file, test in named:
        assert_is_there(file, test)


def test_every_promise_of_an_example_names_its_test() -> None:
    text = (CHECKOUT / "docs/reference/examples.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", text)
    assert named
    for file, test in named:
        assert_is_there(file, test)
    apps = {path.parent.name for path in CHECKOUT.glob("compose/*/deploy.toml")}
    assert {name for name in apps if f"(../../examples/{name}/README.md)" in text} == apps


def test_each_example_has_a_second_release_that_fits_its_first() -> None:
    patches = sorted(CHECKOUT.glob("examples/*/second-release.patch"))
    assert len(patches) == len(list(CHECKOUT.glob("compose/*/deploy.toml")))
    for example in (patch.parent for patch in patches):
        argv = ["git", "apply", "--check", "second-release.patch"]
        done = subprocess.run(argv, cwd=example, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{example.name}: {done.stderr}"


def assert_is_there(file: str, test: str) -> None:
    folder = "" if file.startswith("tests/") else "tests/integration/"
    source = (CHECKOUT / f"{folder}{file}").read_text(encoding="utf-8")
    assert f"def {test}(" in source, f"{file}::{test}"
