"""The variables of a Compose file, and the `.env.example` for them. Pure."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deploy.init.facts import Facts

REGISTRY = "registry.sandbox:5000"
_USE = re.compile(r"(\$*)\$(?:\{(\w+)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_]\w*))")
_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|pass(word)?_|secret|token$|_key$|^key$|salt|credential|private",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"api_?key|^aws_|^s3_|smtp|mail|stripe|openai|github|google|sentry|twilio|slack|telegram|oauth",
    re.IGNORECASE,
)
_PLACE = re.compile(r"dir|path|folder|root|home|volume", re.IGNORECASE)
_FILE = re.compile(r"_file$", re.IGNORECASE)
_SWITCH = frozenset(["true", "false", "yes", "no", "on", "off"])
_PUBLIC = re.compile(r"\d{1,5}|[A-Za-z][A-Za-z_.-]{0,24}")
_PLAIN = re.compile(  # what people call settings, not secrets
    r"(^|_)(database|db|days|debug|dialect|domain|driver|engine|env|host|hours|lang|level|limit|locale|minutes"
    r"|mode|name|port|region|size|timeout|ttl|tz|user|username|workers)($|_)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(change[-_ ]?me.*|changeit|todo|x{3,}|your[-_ ].*|<.*>|\.\.\.)$", re.IGNORECASE
)
_HOSTS = re.compile(r"allowed_?hosts?|trusted_?hosts?", re.IGNORECASE)
_PORT = re.compile(r"(^|_)port$", re.IGNORECASE)
_NAMING = re.compile(r"(^|_)(db|database|user|username)(_name)?$", re.IGNORECASE)
_HEAD = f"""\
# Variables of one environment. `inv env.init` copies this, with a new secret below each line that
# says generate. What is commented out shows its default.

# Where images are pushed and pulled.
REGISTRY={REGISTRY}

# The port that the world reaches, and on which address: all of IPv4.
#HTTP_PORT=80
#PUBLISH_ON=0.0.0.0
"""
_OURS = frozenset(["TAG", "REGISTRY", "HTTP_PORT", "PUBLISH_ON", "NGINX_IMAGE"])


@dataclass(frozen=True)
class Variable:
    """A variable that a Compose file uses; `default` is None where it has none."""

    name: str
    default: str | None = None

    @property
    def secret(self) -> bool:
        """Whether its name says that its value is nobody's business."""
        return bool(_SECRET.search(self.name)) and not _FILE.search(self.name)

    @property
    def foreign(self) -> bool:
        """Whether somebody else gives its value out."""
        return bool(_FOREIGN.search(self.name))


def variables_of(text: str) -> tuple[Variable, ...]:
    """Return the variables of a Compose file in the order in which they stand there."""
    found: dict[str, Variable] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        for escape, braced, how, rest, bare in _USE.findall(line):
            name = braced or bare
            if len(escape) % 2:
                continue
            default = rest if how in {"-", ":-"} else None
            if name not in found or found[name].default is None:
                found[name] = Variable(name, default)
            for inner in variables_of(rest) if how in {"-", ":-"} else ():
                found.setdefault(inner.name, inner)
    return tuple(found.values())


def stand_ins(variables: Iterable[Variable], known: Mapping[str, str]) -> dict[str, str]:
    """Return a value for each variable without one, so that Compose can read the file."""
    return {
        one.name: known.get(one.name) or ("./data" if _PLACE.search(one.name) else "1")
        for one in variables
        if not one.default
    }


def command_of(facts: Facts, service: str) -> str:
    """Return a service's command; where it uses variables, as it is written."""
    told = facts.written.get(service, {}).get("command") or ()
    text = told if isinstance(told, str) else shlex.join(map(str, told))
    if variables_of(text):
        return " ".join(text.split())
    return shlex.join(facts.document["services"][service].get("command") or ())


def withheld(facts: Facts, service: str) -> frozenset[str]:
    """Return what a service's environment has that no file of the repository may tell."""
    own = facts.written.get(service, {}).get("environment") or {}
    if not isinstance(own, Mapping):
        words = (str(entry).partition("=") for entry in own)
        own = {name: value if given else None for name, given, value in words}
    private = (name for name, value in own.items() if value is None or _asks(str(value), facts))
    return frozenset([*private, *facts.env_files.get(service, ())])


def _asks(value: str, facts: Facts) -> bool:
    """Whether a value is filled in from what only an environment knows."""
    return any(
        one.secret or not (one.default or facts.examples.get(one.name))
        for one in variables_of(value)
    )


def env_example(facts: Facts) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the text of `.env.example`, the names that get new secrets, and those left empty."""
    found = {one.name: one for one in variables_of(facts.text)}
    for names in facts.env_files.values():
        for name in names:
            found.setdefault(name, Variable(name))
    wanted = [one for one in found.values() if one.name not in _OURS]
    fresh = _fresh(wanted, facts)
    lines = _HEAD.splitlines()
    for name in dict.fromkeys(fresh.values()):
        hint = ["# Somebody else gives it out: put that here."] if found[name].foreign else []
        lines += ["", *hint, "# generate", f"{name}="]
    empty = []
    for one in wanted:
        if one.name in fresh:
            if fresh[one.name] != one.name:
                lines += ["", f"{one.name}=${{{fresh[one.name]}}}"]
            continue
        value = _value(one, facts)
        if one.default is not None and value == one.default:
            lines += ["", f"#{one.name}={value}"]
            continue
        if not value:
            empty.append(one.name)
        if _HOSTS.search(one.name):
            value = _with_host(value)
            lines += ["", "# The name that `url` has in deploy.toml must be among them."]
        else:
            lines += [""]
        lines += [f"{one.name}={_written(_linked(value, fresh, facts))}"]
    return "\n".join(lines) + "\n", tuple(dict.fromkeys(fresh.values())), tuple(empty)


def _fresh(wanted: Iterable[Variable], facts: Facts) -> dict[str, str]:
    """Return the secrets that are made anew: for each, the one whose value it has.

    Two that are the same in an example are the two ends of one connection.
    """
    first: dict[str, str] = {}
    fresh = {}
    for one in wanted:
        told = one.default or facts.examples.get(one.name, "")
        if not one.secret or (told and _stands_elsewhere(told, facts.text)):
            continue
        fresh[one.name] = first.setdefault(told, one.name) if told else one.name
    return fresh


def _value(one: Variable, facts: Facts) -> str:
    told = facts.examples.get(one.name, "")
    if told and not (_PLACEHOLDER.match(told) and not one.secret):
        return told
    if one.default is not None:
        return one.default
    if _NAMING.search(one.name):
        return facts.app.replace("-", "_")
    if _PORT.search(one.name):
        there = re.search(rf"\$\{{?{one.name}\b[^}}]*\}}?:(\d+)", facts.text)
        return there[1] if there else "8080"
    return f"./data/{one.name.lower()}" if _PLACE.search(one.name) else ""


def _with_host(value: str) -> str:
    separator = "," if "," in value or not value else " "
    return separator.join([*([value] if value else []), "staging.sandbox"])


def _linked(value: str, fresh: Mapping[str, str], facts: Facts) -> str:
    """Return `value` with the password in an address named instead of spelled out."""
    for name, first in fresh.items():
        old = facts.examples.get(name)
        if old and f":{old}@" in value:
            return value.replace(f":{old}@", f":${{{first}}}@")
    return value


def _written(value: str) -> str:
    """Return a value as an env file has it; only an address of ours has a variable in it."""
    plain = re.sub(r"\$\{\w+\}", "", value)
    if re.search(r"[$#'\"\\]", plain) and "'" not in value:
        return f"'{value}'"
    return value


def _stands_elsewhere(value: str, text: str) -> bool:
    """Whether a secret is spelled out in the Compose file: a new one would not fit."""
    rest = _USE.sub("", "\n".join(n for n in text.splitlines() if not n.lstrip().startswith("#")))
    return re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w.-])", rest) is not None


def public(name: str, value: str) -> bool:
    """Whether a value of somebody's own `.env` may stand in an example that all can read."""
    if Variable(name).secret:
        return False
    return value.lower() in _SWITCH or bool(_PLAIN.search(name) and _PUBLIC.fullmatch(value))
