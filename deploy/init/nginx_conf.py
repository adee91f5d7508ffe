"""Another nginx's configuration: which of its locations go to which service. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[{};]|[^\s{};]+")
_COMMENT = re.compile(r"(^|\s)#[^\n]*", re.MULTILINE)
_TARGET = re.compile(r"https?://([\w.-]+)(?::(\d+))?(/\S*)?")
_PASSED = frozenset(["uwsgi_pass", "fastcgi_pass", "grpc_pass", "scgi_pass"])
_UNTOLD = "$$"  # stands before a variable whose value must not be told; nginx knows no such thing
_FILES = frozenset(["root", "alias", "try_files", "index"])
_COVERED = frozenset(
    [
        "host",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "connection",
        "upgrade",
    ]
)
_KEPT = frozenset(
    [
        "add_header",
        "allow",
        "client_max_body_size",
        "default_type",
        "deny",
        "expires",
        "proxy_buffering",
        "proxy_cookie_path",
        "proxy_read_timeout",
        "proxy_redirect",
        "proxy_request_buffering",
        "proxy_send_timeout",
        "return",
        "rewrite",
        "types",
        *_FILES,
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Directive:
    """One directive with its block, where it has one."""

    words: tuple[str, ...]
    block: tuple["Directive", ...] = ()

    def text(self, depth: int) -> str:
        """Return it as nginx reads it."""
        space = "    " * depth
        if not self.block:
            return f"{space}{' '.join(self.words)};"
        inner = "\n".join(one.text(depth + 1) for one in self.block)
        return f"{space}{' '.join(self.words)} {{\n{inner}\n{space}}}"


@dataclass(frozen=True)
class Location:
    """A location of ours: how it matches, what it says, and to which services it sends.

    `files` is the folder that it serves by itself. Several services share the requests.
    """

    match: tuple[str, ...]
    directives: tuple[Directive, ...] = ()
    services: tuple[str, ...] = ()
    uri: str = ""
    files: str = ""


@dataclass(frozen=True)
class Routes:
    """What a configuration says: locations, the port of each service, and what was left out."""

    locations: tuple[Location, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    own: bool = False  # some locations only that nginx can answer


def read_routes(
    text: str,
    services: Collection[str],
    environment: Mapping[str, str | None],
    mounted: Collection[str] = (),
) -> Routes:
    """Return the routes of a configuration; without locations where it sends to no service.

    `environment` is what templates are filled from, with None for what must not be told; `mounted`
    are the volumes that hold files.
    """
    top = _parse(_filled(text, environment))
    upstreams = {one.words[1]: one for one in _all(top, "upstream") if len(one.words) > 1}
    reading = _Reading(services, upstreams, tuple(mounted))
    for server in _all(top, "server"):
        if server.block:
            reading.server(server)
    if not reading.ports:
        return Routes()
    return Routes(
        tuple(reading.locations.values()),
        reading.ports,
        tuple(sorted(reading.dropped)),
        reading.own,
    )


class _Reading:
    def __init__(
        self,
        services: Collection[str],
        upstreams: Mapping[str, Directive],
        mounted: tuple[str, ...],
    ) -> None:
        self.services, self.upstreams, self.mounted = services, upstreams, mounted
        self.locations: dict[tuple[str, ...], Location] = {}
        self.ports: dict[str, int] = {}
        self.dropped: set[str] = set()
        self.own = False

    def server(self, server: Directive) -> None:
        root = next((one for one in server.block if one.words[0] == "root"), None)
        found = [one for one in server.block if one.words[0] == "location"]
        for location in found:
            self._location(location, root)
        if root and not any(one.words[1:] == ("/",) for one in found):
            self._location(Directive(("location", "/")), root)

    def _location(self, location: Directive, root: Directive | None) -> None:
        match = location.words[1:]
        if _untold(location):
            self.dropped.add(_shown(location))
            return
        says = {one.words[0]: one for one in location.block}
        if any(
            "https://" in word
            for one in location.block
            if one.words[0] == "return"
            for word in one.words
        ):
            return
        kept = tuple(one for one in location.block if self._keeps(one))
        made: Location | None = None
        if "proxy_pass" in says:
            made = self._passed(match, says["proxy_pass"].words[1], kept)
        elif says.keys() & _PASSED or (not location.block and not root):
            self.own = True
            made = Location(match)
        elif "return" in says:
            made = Location(match, kept)
        else:
            made = self._files(match, kept, says.get("alias") or says.get("root") or root)
        if made and (match not in self.locations or made.services):
            self.locations.setdefault(match, made)

    def _files(
        self, match: tuple[str, ...], kept: tuple[Directive, ...], where: Directive | None
    ) -> Location:
        folder = where.words[1].strip("\"'") if where else ""
        inside = any(folder.startswith(volume.rstrip("/")) for volume in self.mounted)
        inside = inside and _UNTOLD not in folder
        if not folder or not inside:
            self.own = True
            return Location(match)
        extra = () if where in kept or where is None else (where,)
        return Location(match, (*kept, *extra), files=folder)

    def _passed(
        self, match: tuple[str, ...], target: str, kept: tuple[Directive, ...]
    ) -> Location | None:
        found = _TARGET.match(target)
        if not found or _UNTOLD in target:
            self.dropped.add(f"proxy_pass {target.replace(_UNTOLD, '$')}")
            return None
        host, port, uri = found[1], found[2], found[3] or ""
        servers = [(host, port)]
        if host in self.upstreams:
            block = self.upstreams[host].block
            named = (one.words[1] for one in block if one.words[0] == "server")
            servers = [(name, port or None) for name, _, port in (n.partition(":") for n in named)]
        known = [(name, int(number or 80)) for name, number in servers if name in self.services]
        if not known:
            self.dropped.add(f"proxy_pass {target}")
            return None
        self.ports.update(known)
        return Location(match, kept, tuple(name for name, _ in known), uri)

    def _keeps(self, one: Directive) -> bool:
        word = one.words[0]
        if _untold(one):
            if word != "proxy_pass":
                self.dropped.add(_shown(one))
            return False
        if word == "proxy_set_header":
            return one.words[1].lower() not in _COVERED
        if word in _KEPT:
            return True
        if word not in {"proxy_pass", "proxy_http_version", *_PASSED}:
            self.dropped.add(word)
        return False


def _all(directives: Sequence[Directive], name: str) -> Iterator[Directive]:
    for one in directives:
        if one.words[0] == name:
            yield one
        else:
            yield from _all(one.block, name)


def _untold(one: Directive) -> bool:
    return any(_UNTOLD in word for word in one.words)


def _shown(one: Directive) -> str:
    return " ".join(one.words).replace(_UNTOLD, "$")


def _filled(text: str, environment: Mapping[str, str | None]) -> str:
    for name, value in environment.items():
        told = f"{_UNTOLD}{name}" if value is None else value
        text = re.sub(rf"\$(?:\{{{re.escape(name)}\}}|{re.escape(name)}\b)", lambda _: told, text)  # noqa: B023 - called at once
    return re.sub(r"\$\{(\w+)\}", r"$\1", text)


def _parse(text: str) -> tuple[Directive, ...]:
    tokens = iter(_TOKEN.findall(_COMMENT.sub(" ", text)))
    return tuple(_block(tokens))


def _block(read: Iterator[str]) -> Iterator[Directive]:
    words: list[str] = []
    for word in read:
        if word == "}":
            return
        if word == ";":
            if words:
                yield Directive(tuple(words))
            words = []
        elif word == "{":
            inner = tuple(_block(read))
            if words:
                yield Directive(tuple(words), inner)
            words = []
        else:
            words.append(word)
