import pytest

from deploy.errors import CommandTimedOut
from deploy.host import Command, Result, Secret
from deploy.host.masked import Mask, MaskedHost
from deploy.host.recording import RecordingHost

COMMAND = Command(("start",))


def test_what_is_shown_is_masked_and_what_is_parsed_is_whole() -> None:
    inner = RecordingHost(answer=lambda _: Result(41, b"for hunter2222\n", b"no hunter2222"))
    seen: list[str] = []

    result = MaskedHost(inner, (Secret("hunter2222"),)).run(COMMAND, watch=seen.append)

    assert (seen, result.stderr) == (["for ***"], b"no ***")
    assert (result.exit_code, result.stdout) == (41, b"for hunter2222\n")


def test_a_secret_is_hidden_where_it_holds_another_and_line_by_line() -> None:
    mask = Mask((Secret("abcdef"), Secret("abcdef-ghi"), Secret("first line\n}\nlast line")))

    assert mask.text("abcdef-ghi abcdef {}") == "*** *** {}"
    assert mask.text("  | first line\n  | }\n  | last line") == "  | ***\n  | }\n  | ***"


def test_the_evidence_of_a_timeout_is_masked() -> None:
    def late(_: Command) -> Result:
        raise CommandTimedOut("server", "it took too long", detail="hunter2222 is wrong")

    with pytest.raises(CommandTimedOut) as caught:
        MaskedHost(RecordingHost(answer=late), (Secret("hunter2222"),)).run(COMMAND)

    assert caught.value.detail == "*** is wrong"
