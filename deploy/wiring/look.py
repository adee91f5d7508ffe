"""What is there of an app that was never deployed: its Compose file, and what lies around."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.engine.compose.document import read_document, read_written
from deploy.engine.compose.services import image_name
from deploy.errors import ComposeError
from deploy.host.local import LocalHost
from deploy.init import Facts
from deploy.init.draft import MARKERS
from deploy.init.facts import Context
from deploy.init.variables import public, stand_ins, variables_of
from deploy.wiring.values import EXAMPLES, env_files, env_names, is_file, usable, values

_HEALTH = re.compile(  # of the whole app: what is below a router may have another prefix
    r"\b(?:app|application|fastify|http|mux|server)\.(?:all|get|GET|Get|Handle|HandleFunc|route)"
    r"\(\s*[\"'`](/(?:api/)?(?:v\d/)?(?:healthz?|health[-_]?check|ping|livez|readyz))/?[\"'`]"
)
_SOURCES = frozenset(
    [".py", ".js", ".ts", ".mjs", ".cjs", ".go", ".rb", ".php", ".java", ".rs", ".ex"]
)
_ELSEWHERE = frozenset(
    [
        "node_modules",
        ".git",
        ".venv",
        "venv",
        "vendor",
        "tests",
        "test",
        "__tests__",
        "spec",
        "dist",
        ".sandbox",
    ]
)
_MANY, _LONG = 400, 200_000  # files that are read for a health path, and their size
_TARGETS = ("/etc/nginx", "/tmp/", "/usr/local/openresty", "/config")  # noqa: S108 - of a container


def look(folder: Path, compose: Path, app: str, checkout: Path) -> Facts:
    """Return what is known of the app in `folder`."""
    text = _text_of(compose)
    raw = _raw(compose, text)
    whole = read_written(LocalHost(), app, compose)
    written = whole.get("services") or raw
    if set(written) != set(raw) or any(service.get("extends") for service in raw.values()):
        text += "\n" + yaml.safe_dump(whole, width=_LONG)  # what stands in other files
    examples, own = values(folder, EXAMPLES), values(folder, (".env",))
    examples |= {k: v for k, v in own.items() if k not in examples and public(k, v)}
    names: dict[str, tuple[str, ...]] = {}
    for name, service in written.items():
        if not service.get("env_file"):
            continue
        there = env_names(folder, tuple(env_files(service)))
        examples |= {k: v for k, v in there[1].items() if k not in examples}
        names[name] = there[0]
    # No other value of their own goes into the model: what comes of it stands in the repository.
    known = {**usable(own, written, folder, checkout), **examples}
    document = _document(compose, app, text, tuple(names), known)
    services = document["services"]
    return Facts(
        app=app,
        compose=compose.name,
        text=text,
        document=document,
        folder=str(folder),
        inside=inside(folder, checkout),
        single_files=frozenset(str(p) for p in _mounted(services) if is_file(p)),
        full_folders=frozenset(str(p) for p in _mounted(services) if _is_full(p)),
        source_folders=frozenset(str(p) for p in _mounted(services) if _has_source(p)),
        override=_override(compose),
        inactive=tuple(sorted(set(written) - set(services))),
        contexts=tuple(dict.fromkeys(c for m in services.values() for c in _built_from(m))),
        written=written,
        env_files=names,
        examples=examples,
        dockerfiles={n: t for n, m in services.items() if (t := _dockerfile(m))},
        nginx={
            n: t for n, m in services.items() if (t := _configuration(m, ("proxy_pass",), "nginx"))
        },
        caddy={
            n: t
            for n, m in services.items()
            if (t := _configuration(m, ("reverse_proxy",), "caddy"))
        },
        migrations={n: t for n, m in services.items() if (t := _migrations(m))},
        health={n: t for n, m in services.items() if (t := _health(m))},
    )


def _text_of(compose: Path) -> str:
    try:
        return compose.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ComposeError(str(compose), f"it cannot be read: {error}", "mend that") from None


def inside(folder: Path, checkout: Path) -> str:
    """Return a folder as its repository names it, with a slash behind; nothing for its own."""
    return f"{folder.relative_to(checkout)}/" if folder != checkout else ""


def _raw(compose: Path, text: str) -> dict[str, dict[str, Any]]:
    """Return the services as they are written; Compose itself judges the file later."""
    try:
        found = yaml.load(text, Loader=_Lenient)  # noqa: S506 - it is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{compose}:{mark.line + 1}" if mark else str(compose)
        raise ComposeError(
            place, f"it is no YAML: {getattr(error, 'problem', error)}", "mend that line"
        ) from None
    services = found.get("services") if isinstance(found, dict) else None
    if isinstance(found, dict) and found.get("include") and not services:
        return {}
    if not isinstance(services, dict) or not services:
        raise ComposeError(str(compose), "the Compose file has no services", "add one")
    return {name: service for name, service in services.items() if isinstance(service, dict)}


class _Lenient(yaml.SafeLoader):
    """Takes Compose's own tags, such as `!reset`, for what they stand before."""


_Lenient.add_multi_constructor(
    "!",
    lambda loader, _suffix, node: (
        loader.construct_yaml_str(node) if isinstance(node, yaml.ScalarNode) else None
    ),
)


def _document(
    compose: Path,
    app: str,
    text: str,
    with_env_file: tuple[str, ...],
    known: Mapping[str, str],
) -> Mapping[str, Any]:
    """Return the Compose model; files with secrets are not read into it."""
    values = stand_ins(variables_of(text), known)
    with tempfile.TemporaryDirectory() as scratch:
        env_file, overlay = Path(scratch, "env"), Path(scratch, "overlay.yaml")
        env_file.write_text("", encoding="utf-8")
        reset = [f"  {name}: {{env_file: !reset []}}" for name in with_env_file]
        overlay.write_text("\n".join(["services:", *reset] if reset else ["services: {}"]) + "\n")
        host = LocalHost({**values, "COMPOSE_PROFILES": ""})
        try:
            return read_document(host, app, (compose, overlay), env_file)
        except ComposeError as error:
            raise ComposeError(str(compose), error.wrong, error.remedy) from None


def _override(compose: Path) -> str:
    """Return the name of the file that a bare `docker compose` reads besides, where it is there."""
    stem = compose.name.rpartition(".")[0]
    names = (f"{stem}.override.{end}" for end in ("yaml", "yml"))
    return next((name for name in names if compose.with_name(name).is_file()), "")


def _is_full(path: Path) -> bool:
    """Whether it is a folder with content, as far as it may be looked at."""
    try:
        return path.is_dir() and any(path.iterdir())
    except OSError:
        return False


def _has_source(path: Path) -> bool:
    return _is_full(path) and any(each.suffix in _SOURCES for each in path.iterdir())


def _mounted(services: Mapping[str, Any]) -> list[Path]:
    """Return the paths of this machine that services mount."""
    mounts = (mount for model in services.values() for mount in model.get("volumes", ()))
    return [Path(mount["source"]) for mount in mounts if mount.get("type") == "bind"]


def _context(model: Mapping[str, Any]) -> Path | None:
    place = (model.get("build") or {}).get("context", "")
    return Path(place) if place and Path(place).is_dir() else None


def _built_from(model: Mapping[str, Any]) -> Iterator[Context]:
    """Yield what an image is built from. A Dockerfile's own `.dockerignore` goes first."""
    build = model.get("build") or {}
    folder = _context(model)
    if folder:
        own = folder / f"{build.get('dockerfile', 'Dockerfile')}.dockerignore"
        yield _context_of(folder, own if own.is_file() else folder / ".dockerignore")
    for place in (build.get("additional_contexts") or {}).values():
        more = Path(place)
        if more.is_absolute() and more.is_dir():
            yield _context_of(more, more / ".dockerignore")


def _context_of(folder: Path, ignore: Path) -> Context:
    return Context(str(folder), str(ignore), _read(ignore) if ignore.is_file() else None)


def _dockerfile(model: Mapping[str, Any]) -> str:
    context = _context(model)
    build = model.get("build") or {}
    if "dockerfile_inline" in build:
        return str(build["dockerfile_inline"])
    path = context / build.get("dockerfile", "Dockerfile") if context else None
    return _read(path) if path and path.is_file() else ""


def _configuration(model: Mapping[str, Any], words: tuple[str, ...], of: str) -> str:
    """Return the text of all configuration files of a proxy, mounted or built in."""
    base = image_name(str(model.get("image", "")))
    dockerfile = _dockerfile(model)
    if of not in base and of not in dockerfile.lower():
        return ""
    files: list[Path] = []
    for mount in model.get("volumes", ()):
        source = Path(mount.get("source") or "")
        if mount.get("type") == "bind" and is_file(source):
            files.append(source)
        elif (
            mount.get("type") == "bind"
            and _is_full(source)
            and mount["target"].startswith(_TARGETS)
        ):
            files += sorted(path for path in source.rglob("*") if is_file(path))
    context = _context(model)
    if context:
        copied = re.findall(
            r"^\s*(?:COPY|ADD)\s+(?:--(?!from)\S+\s+)*(\S+)",
            dockerfile,
            re.MULTILINE | re.IGNORECASE,
        )
        for name in copied:
            there = context / name
            files += (
                [there]
                if there.is_file()
                else sorted(there.glob("*.conf*"))
                if there.is_dir() and name not in {".", "./"}
                else []
            )
    texts = [text for path in files if (text := _read(path))]
    return "\n".join(texts) if any(word in text for text in texts for word in words) else ""


def _migrations(model: Mapping[str, Any]) -> str:
    context = _context(model)
    return next((name for name in MARKERS if context and (context / name).is_file()), "")


def _health(model: Mapping[str, Any]) -> str:
    """Return a path that the source of a service names as its health, where one is known."""
    context, read = _context(model), 0
    for parent, folders, names in os.walk(context) if context else ():
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE)
        for name in sorted(names):
            if Path(name).suffix not in _SOURCES or ".test." in name or name.startswith("test_"):
                continue
            read += 1
            found = _HEALTH.search(_read(Path(parent, name)))
            if found or read > _MANY:
                return found[1] if found else ""
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size < _LONG else ""
    except (OSError, UnicodeDecodeError):
        return ""
