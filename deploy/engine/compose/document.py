"""The Compose file, as `docker compose config` reads it. There is no parser of ours."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from deploy.errors import ComposeError, EngineError
from deploy.host import Command, Host

_UNSET = re.compile(r'The \\?"(\w+)\\?" variable is not set')
_REQUIRED = re.compile(r"required variable (\w+) is missing a value(?:: (.*))?")
VALUE = "x-slipway-value"  # what a secret or config from a variable holds
_MESSAGE = re.compile(r'msg="((?:[^"\\]|\\.)*)"')
_NO_LETTER = re.compile("[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # in YAML


def compose_argv(project: str, files: tuple[Path, ...], env_file: Path | None) -> tuple[str, ...]:
    """Return `docker compose` with its project, files and env file."""
    argv = ["docker", "compose", "--project-name", project]
    argv += ["--project-directory", str(files[0].parent)]
    for file in files:
        argv += ["--file", str(file)]
    if env_file:
        argv += ["--env-file", str(env_file)]
    return tuple(argv)


def read_document(
    host: Host, project: str, files: tuple[Path, ...], env_file: Path | None
) -> Mapping[str, Any]:
    """Return the whole model as one dictionary. `host` is this machine, TAG in its environment.

    Raises `ComposeError` for an invalid file and for a variable that has no value.
    """
    place = " + ".join(str(file) for file in files)
    if env_file and not env_file.is_file():
        raise ComposeError(
            str(env_file),
            "there is no such env file",
            f"copy {env_file.parent / '.env.example'} and fill it in, or run `inv env.init`",
        )
    command = Command(
        (*compose_argv(project, files, env_file), "config", "--format", "json"),
        name="docker compose config",
    )
    result = host.run(command)
    unset = sorted(set(_UNSET.findall(result.error_text)))
    if unset:
        raise _unset_error(place, unset, env_file)
    if not result.ok:
        raise _invalid(place, result.error_text, env_file)
    document: dict[str, Any] = json.loads(result.stdout)
    _add_extensions(document, host, command)
    _add_values(document, env_file or files[0].parent / ".env", place)
    return document


def as_file(document: Mapping[str, Any]) -> bytes:
    """Return the file that a server's Compose reads: JSON that is YAML, too.

    Letters stand there as they are: whole.sh looks for files by these names, and YAML does not know
    the two numbers by which JSON writes an emoji.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return _NO_LETTER.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _add_extensions(document: dict[str, Any], host: Host, command: Command) -> None:
    """Add the `x-` keys of services: Compose leaves them out of its JSON, not of its YAML.

    https://github.com/docker/compose/issues/11528
    """
    result = host.run(Command((*command.argv[:-1], "yaml"), name=command.name))
    services = yaml.safe_load(result.text).get("services", {}) if result.ok else {}
    for name, service in services.items():
        extensions = {key: value for key, value in service.items() if key.startswith("x-")}
        document["services"][name].update(extensions)


def _add_values(document: dict[str, Any], env_file: Path, place: str) -> None:
    """Add what secrets and configs with an `environment` hold: Compose names the variable alone."""
    entries = [
        entry
        for kind in ("secrets", "configs")
        for entry in document.get(kind, {}).values()
        if entry.get("environment")
    ]
    if not entries:
        return
    known = {**(dotenv_values(env_file) if env_file.is_file() else {}), **os.environ}
    unset = sorted({e["environment"] for e in entries if not known.get(e["environment"])})
    if unset:
        raise _unset_error(place, unset, env_file)
    for entry in entries:
        entry[VALUE] = known[entry["environment"]]


def _unset_error(place: str, names: list[str], env_file: Path | None) -> ComposeError:
    return ComposeError(
        place,
        f"no value for {', '.join('${' + name + '}' for name in names)}",
        f"set it in {env_file}" if env_file else "give the environment an env_file that sets it",
    )


def _invalid(place: str, text: str, env_file: Path | None) -> ComposeError | EngineError:
    required = _REQUIRED.search(text)
    if required:
        return _unset_error(place, [required[1]], env_file)
    if any(words in text for words in ("not a docker command", "unknown command", "unknown flag")):
        return EngineError(
            "this machine",
            "the `docker compose` plugin is missing",
            "install docker-compose-plugin (Docker's packages) or docker-compose-v2 (Ubuntu)",
        )
    messages = _MESSAGE.findall(text) or text.splitlines()
    return ComposeError(
        place,
        messages[-1].strip() if messages else "docker compose refuses it",
        "mend the file; `docker compose config` shows what Compose sees",
    )
