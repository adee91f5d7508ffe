"""The Compose file, as `docker compose config` reads it. There is no parser of ours."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from deploy.errors import ComposeError, EngineError
from deploy.host import Command, Host
from deploy.host.masked import Mask

_UNSET = re.compile(r'The \\?"(\w+)\\?" variable is not set')
_REQUIRED = re.compile(r"required variable (\w+) is missing a value(?:: (.*))?")
VALUE = "x-slipway-value"  # what a secret or config from a variable holds
_MESSAGE = re.compile(r'msg="((?:[^"\\]|\\.)*)"')
_NO_LETTER = re.compile("[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # in YAML
_FURTHER = ("include", "extends")  # under these stand other Compose files
_VARIABLE = re.compile(
    r"\$(?:(?P<sign>\$)|(?P<plain>\w+)|\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?[^}]*\})"
)
_WIDE = 1_000_000  # columns: no line is folded


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
    _add_values(document, variables_file(files, env_file), place)
    return document


def variables_file(files: tuple[Path, ...], env_file: Path | None) -> Path:
    """Return the file that Compose reads variables from, whether it is there or not."""
    return env_file or files[0].parent / ".env"


def env_files(files: tuple[Path, ...], known: Mapping[str, str | None]) -> tuple[Path, ...]:
    """Return the env files that services may name, with the variables in `known` filled in.

    The model does not tell of them: Compose has put what they hold into the environments. What is
    included or extended is read as well. Some of the paths may not be there.
    """
    found: list[Path] = []
    left, seen = list(files), set()
    while left:
        file = Path(os.path.normpath(left.pop(0)))  # as Compose joins paths
        if file in seen:
            continue
        seen.add(file)
        root = _composed(file)
        folders = dict.fromkeys([files[0].parent, file.parent])
        words = [_filled(word, known) for word in _named(root, "env_file")]
        found += [folder / word for word in words for folder in folders]
        others = [_filled(word, known) for key in _FURTHER for word in _named(root, key)]
        left += [folder / word for word in others for folder in folders]
    return tuple(found)


def without_secrets(text: str, mask: Mask) -> str:
    """Return what `docker compose config` printed, masked: it quotes, and writes each `$` twice."""
    model = mask.tree(_load(text.replace("$$", "$")))
    shown = yaml.safe_dump(model, sort_keys=False, allow_unicode=True, width=_WIDE)
    return shown.replace("$", "$$")


class _Yaml(yaml.SafeLoader):
    """Reads what Compose prints, to which `=` is a word like any other."""


_Yaml.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: str(node.value))


def _load(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(text, Loader=_Yaml)  # noqa: S506 - it is a SafeLoader
    return document


def as_file(document: Mapping[str, Any]) -> bytes:
    """Return the file that a server's Compose reads: JSON that is YAML, too.

    Letters stand there as they are: whole.sh looks for files by these names, and YAML does not know
    the two numbers by which JSON writes an emoji.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return _NO_LETTER.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _composed(file: Path) -> yaml.Node | None:
    """Return a Compose file as written, if it names others; nothing where it is no such file."""
    try:
        text = file.read_text(encoding="utf-8")
        named = any(key in text for key in ("env_file", *_FURTHER))
        return yaml.compose(text, yaml.SafeLoader) if named else None
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _filled(word: str, known: Mapping[str, str | None]) -> str:
    """Return `word` with its variables filled in, or with what it says for one without a value."""

    def value(found: re.Match[str]) -> str:
        name = found["plain"] or found["name"]
        return found["sign"] or known.get(name) or found["default"] or ""

    return _VARIABLE.sub(value, word)


def _named(root: yaml.Node | None, key: str) -> Iterator[str]:
    """Yield each word that stands under a `key`."""
    for node in _below(root):
        for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if name.value == key:
                yield from (leaf.value for leaf in _below(value) if isinstance(leaf.value, str))


def _below(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield all nodes, each once: an anchor may be used many times."""
    left, seen = [root] if root else [], set()
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            left += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value


def read_written(host: Host, project: str, file: Path) -> Mapping[str, Any]:
    """Return the model as it is written: no `${NAME}` is filled in, no env file is read.

    `extends` and `include` are followed. It is empty where Compose cannot read the file so.
    """
    argv = (*compose_argv(project, (file,), None), "config", "--no-interpolate")
    result = host.run(Command((*argv, "--format", "json"), name="docker compose config"))
    document: dict[str, Any] = json.loads(result.stdout) if result.ok else {}
    return document


def _add_extensions(document: dict[str, Any], host: Host, command: Command) -> None:
    """Add the `x-` keys of services: Compose leaves them out of its JSON, not of its YAML.

    https://github.com/docker/compose/issues/11528
    """
    result = host.run(Command((*command.argv[:-1], "yaml"), name=command.name))
    services = _load(result.text).get("services", {}) if result.ok else {}
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
