from deploy.host import Command, Result
from deploy.host.recording import RecordingHost


def test_commands_are_remembered_in_their_order() -> None:
    host = RecordingHost()

    host.run(Command(("one",)))
    host.start(Command(("two",)))

    assert [command.argv for command in host.commands] == [("one",), ("two",)]


def test_it_answers_and_lines_are_watched() -> None:
    lines: list[str] = []
    host = RecordingHost(answer=lambda command: Result(3, f"{command.label}\nend\n".encode()))

    result = host.run(Command(("greet",)), watch=lines.append)

    assert (result.exit_code, lines) == (3, ["greet", "end"])


def test_a_started_command_has_ended_with_its_answer() -> None:
    process = RecordingHost(answer=lambda _: Result(4, b"out", b"err")).start(Command(("x",)))

    assert (process.wait(0), process.stdout.read(), process.stderr.read()) == (4, b"out", b"err")
