from pathlib import Path

import pytest

from deploy.engine.compose.document import VALUE, compose_argv, env_files, read_document
from deploy.errors import ComposeError, EngineError, SlipwayError
from deploy.host import Result
from deploy.host.recording import RecordingHost

UNSET = 'time="2026-01-02T03:04:05Z" level=warning msg="The \\"TAG\\" variable is not set. '
UNSET += 'Defaulting to a blank string."'
FILES = (Path("/x/compose.yaml"), Path("/x/compose.prod.yaml"))


def refusal(code: int, text: str, env_file: Path | None = None) -> SlipwayError:
    host = RecordingHost(answer=lambda _: Result(code, b'{"services": {}}', text.encode()))
    with pytest.raises(SlipwayError) as error:
        read_document(host, "shop-test", FILES[:1], env_file)
    return error.value


def test_compose_is_asked_for_its_own_reading(tmp_path: Path) -> None:
    env_file = tmp_path / ".env.prod"
    env_file.write_text("A=1\n")
    host = RecordingHost(answer=lambda _: Result(0, b'{"services": {"web": {}}}'))

    document = read_document(host, "shop-prod", FILES, env_file)

    assert document == {"services": {"web": {}}}
    assert " ".join(host.commands[0].argv) == (
        "docker compose --project-name shop-prod --project-directory /x"
        f" --file /x/compose.yaml --file /x/compose.prod.yaml --env-file {env_file}"
        " config --format json"
    )


def test_an_equals_sign_is_a_word() -> None:
    text = b"services: {web: {environment: {SEPARATOR: =}, x-backup: false}}"
    answers = {"json": b'{"services": {"web": {}}}', "yaml": text}
    host = RecordingHost(answer=lambda command: Result(0, answers[command.argv[-1]]))

    document = read_document(host, "shop-test", FILES[:1], None)

    assert document["services"]["web"] == {"x-backup": False}


def test_without_an_env_file_none_is_named() -> None:
    assert "--env-file" not in compose_argv("shop-test", FILES, None)


@pytest.mark.parametrize("kind", ["configs", "secrets"])
def test_what_a_variable_holds_is_read_as_compose_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    env_file = tmp_path / ".env.prod"
    env_file.write_text("WORD='a word'\nOTHER=file\n")
    monkeypatch.setenv("OTHER", "shell")
    entries = '"a": {"environment": "WORD"}, "b": {"environment": "OTHER"}, "c": {}'
    text = f'{{"services": {{}}, "{kind}": {{{entries}}}}}'
    host = RecordingHost(answer=lambda _: Result(0, text.encode()))

    found = read_document(host, "shop-prod", FILES, env_file)[kind]

    assert {name: entry.get(VALUE) for name, entry in found.items()} == {
        "a": "a word",
        "b": "shell",
        "c": None,
    }


def test_a_secret_whose_variable_holds_nothing_is_an_error(tmp_path: Path) -> None:
    env_file = tmp_path / ".env.prod"
    env_file.write_text("WORD=\n")
    text = b'{"services": {}, "secrets": {"word": {"environment": "WORD"}}}'
    host = RecordingHost(answer=lambda _: Result(0, text))

    with pytest.raises(ComposeError, match=r"no value for \$\{WORD\}"):
        read_document(host, "shop-prod", FILES, env_file)


def test_an_env_file_that_is_not_there_is_named_first(tmp_path: Path) -> None:
    host = RecordingHost()

    with pytest.raises(ComposeError, match="there is no such env file"):
        read_document(host, "shop-test", FILES, tmp_path / ".env")

    assert not host.commands


def test_a_variable_without_a_value_is_an_error_though_compose_only_warns() -> None:
    error = refusal(0, UNSET)

    assert str(error) == (
        "/x/compose.yaml: no value for ${TAG}. give the environment an env_file that sets it."
    )


def test_each_variable_is_named_once_and_where_to_set_it(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.touch()
    text = "\n".join([UNSET, UNSET.replace("TAG", "BETA"), UNSET])

    assert str(refusal(0, text, env_file)) == (
        f"/x/compose.yaml: no value for ${{BETA}}, ${{TAG}}. set it in {env_file}."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            (
                "error while interpolating services.a.image: required variable FOO is missing"
                " a value: need"
            ),
            "/x/compose.yaml: no value for ${FOO}.",
        ),
        (
            "validating /x/compose.yaml: services.a Additional property imag is not allowed",
            (
                "/x/compose.yaml: validating /x/compose.yaml: services.a Additional property imag"
                " is not allowed. mend the file;"
            ),
        ),
        ("yaml: did not find expected node content", "/x/compose.yaml: yaml: did not find"),
        (
            (
                'time="2026-01-02T03:04:05Z" level=warning msg="first"\n'
                'time="2026-01-02T03:04:05Z" level=fatal msg="the last word"'
            ),
            "/x/compose.yaml: the last word.",
        ),
        ("", "/x/compose.yaml: docker compose refuses it."),
    ],
)
def test_what_compose_refuses_is_an_error_of_the_file(text: str, message: str) -> None:
    error = refusal(15, text)

    assert isinstance(error, ComposeError)
    assert str(error).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "docker: 'compose' is not a docker command.",
        "docker: unknown command: docker compose",
        "unknown shorthand flag: 'p' in -p\nunknown command \"compose\"",
    ],
)
def test_a_missing_plugin_is_no_fault_of_the_file(text: str) -> None:
    error = refusal(125, text)

    assert isinstance(error, EngineError)
    assert "install docker-compose-plugin" in str(error)


def test_a_file_that_extends_itself_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "app" / "compose.yaml"
    file.parent.mkdir()
    extends = "extends: {file: ../app/compose.yaml, service: web}"
    file.write_text(f"services: {{web: {{env_file: web.env}}, more: {{{extends}}}}}\n")

    assert env_files((file,), {}) == (file.parent / "web.env",)
