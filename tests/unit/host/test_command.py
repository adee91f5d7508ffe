import logging
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.host import Command, Result, Script, Secret

# What can be an argument at all: any text without NUL that the system's encoding knows.
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SECRET = Secret("correct horse")


@settings(max_examples=40, deadline=None)
@given(st.lists(words, max_size=5))
def test_any_argument_reaches_the_program_unchanged(arguments: list[str]) -> None:
    command = Command(("printf", r"%s\0", *arguments))

    found = subprocess.run(["sh", "-c", command.quoted()], capture_output=True, check=True)

    expected = arguments or [""]  # printf uses its format once, arguments or not
    assert found.stdout == "".join(f"{argument}\0" for argument in expected).encode()


def test_nothing_in_an_argument_is_expanded(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    command = Command(("echo", f"$(touch {target})", f"`touch {target}`", f"; touch {target}", "*"))

    subprocess.run(["sh", "-c", command.quoted()], capture_output=True, check=True)

    assert not target.exists()


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        format(SECRET),
        "%s" % SECRET,  # noqa: UP031 - one more way to show a value
        repr([SECRET]),
        repr({"password": SECRET}),
        str(ValueError(SECRET)),
        repr(ValueError(SECRET)),
    ],
)
def test_a_secret_never_shows(shown: str) -> None:
    assert "horse" not in shown


def test_a_secret_never_shows_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("it is %s, %r", SECRET, SECRET)

    assert "horse" not in caplog.text


def test_a_secret_has_no_attributes_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(SECRET)


def test_a_secret_can_be_compared_and_revealed() -> None:
    assert Secret("correct horse") == SECRET
    assert Secret("wrong horse") != SECRET
    assert SECRET.reveal() == "correct horse"
    assert len({SECRET, Secret("correct horse")}) == 1


def test_a_secret_cannot_be_an_argument() -> None:
    with pytest.raises(TypeError, match="argv takes str, not Secret") as error:
        Command(("login", SECRET))  # type: ignore[arg-type]  # that is the point

    assert "horse" not in str(error.value)


def test_an_argument_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="an argument of greet holds a NUL byte"):
        Command(("echo", "a\0b"), name="greet")


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(ValueError, match="argv is empty"):
        Command(())


def test_standard_input_does_not_show() -> None:
    assert "hunter2" not in repr(Command(("cat",), stdin=b"hunter2"))


def test_a_command_is_called_by_its_name_or_its_program() -> None:
    assert Command(("docker", "ps")).label == "docker"
    assert Command(("docker", "ps"), name="look").label == "look"


def test_output_that_is_not_text_is_readable_anyway() -> None:
    result = Result(1, b"caf\xe9", b" \xff \n")

    assert (result.text, result.error_text) == ("caf�", "�")
    assert not result.ok


def test_a_script_stands_behind_its_preludes_in_their_order() -> None:
    script = Script(
        "deploy.proxy", "switch.sh", (("deploy.host", "step.sh"), ("deploy.proxy", "reload.sh"))
    )

    shell, flag, text, name, *arguments = script.command("/opt/app", "a b").argv

    assert (shell, flag, name, arguments) == ("sh", "-c", "switch", ["/opt/app", "a b"])
    marks = ("Put in front of every script", "Put between step.sh", "Sends traffic to new replicas")
    assert [text.index(mark) for mark in marks] == sorted(text.index(mark) for mark in marks)


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_every_script_is_posix_shell(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")
    scripts = sorted(Path("deploy").rglob("*.sh"))
    assert scripts
    for script in scripts:
        if "sandbox" not in script.parts:
            subprocess.run([shell, "-n", str(script)], check=True)
