"""Another nginx's configuration: which of its locations go to which service. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy.init.nginx_text import UNTOLD, Directive, filled, find_all, parse, shown, untold

_TARGET = re.compile(r"https?://([\w.-]+)(?::(\d+))?(/\S*)?")
_PASSED = frozenset(["uwsgi_pass", "fastcgi_pass", "grpc_pass", "scgi_pass"])
_FILES = frozenset(["root", "alias", "try_files", "index"])
_AUTH = frozenset(["auth_basic", "auth_basic_user_file"])
_EITHER = frozenset(  # what a location may say, and else has of its server
    [
        "add_header",
        "allow",
        *_AUTH,
        "client_max_body_size",
        "deny",
        "expires",
        "proxy_buffering",
        "proxy_cookie_path",
        "proxy_read_timeout",
        "proxy_redirect",
        "proxy_request_buffering",
        "proxy_send_timeout",
    ]
)
_INHERITED = _EITHER | {"index", "proxy_set_header"}
_GROUPS = {"deny": "allow"}  # one of them replaces all of both
_OURS = re.compile(  # what is known otherwise, or decided in our own main file, or of TLS
    r"location|root|listen|server_name|upstream|events|http2?|include|ssl_.*|user|pid|use"
    r"|worker_.*|multi_accept|access_log|error_log|log_format|default_type|types|server_tokens"
    r"|sendfile|tcp_no.*|keepalive_timeout|.*_hash_(max|bucket)_size|proxy_http_version"
)
_ANY_NAME = frozenset(["_", "localhost", ""])
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
_KEPT = _EITHER | _FILES | {"default_type", "return", "rewrite", "types"}


@dataclass(frozen=True)
class Location:
    """A location of ours: how it matches, what it says, and to which services it sends.

    `files` is the folder that it serves by itself. Several services share the requests. `host` are
    the names for which it is there; nothing for all that no other location has.
    """

    match: tuple[str, ...]
    directives: tuple[Directive, ...] = ()
    services: tuple[str, ...] = ()
    uri: str = ""
    files: str = ""
    host: str = ""


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
    top = parse(filled(text, environment))
    upstreams = {one.words[1]: one for one in find_all(top, "upstream") if len(one.words) > 1}
    reading = _Reading(services, upstreams, tuple(mounted))
    reading.level(top, ())
    found = with_main(reading.locations.values(), reading.main)
    unknown = {f"server_name {one.host.replace(UNTOLD, '$')}" for one in found if _nameless(one)}
    found = tuple(one for one in found if not _nameless(one))
    names = {name for one in found for name in one.services}
    if not names:
        return Routes()
    return Routes(
        found,
        {name: port for name, port in reading.numbers.items() if name in names},
        tuple(sorted(reading.dropped | unknown)),
        reading.own,
    )


def _nameless(one: Location) -> bool:
    """Whether its names must not be told: only what is for all names does without."""
    return UNTOLD in one.host


def with_main(locations: Collection[Location], main: str = "") -> tuple[Location, ...]:
    """Return locations: those of one host are for all names, of `main` or else of the first.

    So are those of a host that sends to no service.
    """
    hosts = list(dict.fromkeys(one.host for one in locations if one.services))
    for_all = next((host for host in ("", main, *hosts) if host in hosts), "")
    found: dict[tuple[str, tuple[str, ...]], Location] = {}
    for one in locations:
        host = one.host if one.host in hosts and one.host != for_all else ""
        there = found.get((host, one.match))
        if there is None or (one.services and not there.services):
            found[host, one.match] = replace(one, host=host)
    return tuple(found.values())


class _Reading:
    def __init__(
        self,
        services: Collection[str],
        upstreams: Mapping[str, Directive],
        mounted: tuple[str, ...],
    ) -> None:
        self.services, self.upstreams, self.mounted = services, upstreams, mounted
        self.locations: dict[tuple[str, tuple[str, ...]], Location] = {}
        self.main = ""  # the name of the server that answers for all others
        self.numbers: dict[str, int] = {}
        self.dropped: set[str] = set()
        self.own = False

    def level(self, block: Sequence[Directive], above: tuple[Directive, ...]) -> None:
        """Read what stands outside of all servers, and the servers themselves."""
        handed = _handed(block, above)
        for one in block:
            if one.words[0] == "http":
                self.level(one.block, handed)
            elif one.words[0] == "server":
                self._server(one, handed)
            else:
                self._names(one)

    def _server(self, server: Directive, above: tuple[Directive, ...]) -> None:
        says = {one.words[0]: one for one in server.block}
        names = says["server_name"].words[1:] if "server_name" in says else ()
        host = " ".join(name for name in names if name not in _ANY_NAME)
        if any("default_server" in one.words for one in server.block):
            self.main = host
        for one in server.block:
            self._names(one)
        handed = _handed(server.block, above)
        found = [one for one in server.block if one.words[0] == "location"]
        if "root" in says and not any(one.words[1:] == ("/",) for one in found):
            found.append(Directive(("location", "/")))
        for location in found:
            self._location(location, says.get("root"), host, handed)

    def _names(self, one: Directive) -> None:
        """Name a directive outside of locations that is not taken over."""
        word = one.words[0]
        if word in _INHERITED or _OURS.fullmatch(word) or _leads_to_tls(one):
            return
        if one.words[-1] == "$connection_upgrade":  # a map that our own main file has, too
            return
        self.dropped.add(shown(one) if word == "return" else word)

    def _location(
        self, location: Directive, root: Directive | None, host: str, above: tuple[Directive, ...]
    ) -> None:
        match = location.words[1:]
        if untold(location):
            self.dropped.add(shown(location))
            return
        says = {one.words[0]: one for one in location.block}
        if any(_leads_to_tls(one) for one in location.block):
            return
        handed = [one for one in _handed(location.block, above) if one not in location.block]
        if says.keys() & {"proxy_pass", "return"}:
            handed = [one for one in handed if one.words[0] not in _FILES]
        wanted = self._guarded((*location.block, *handed))
        kept = tuple(one for one in wanted if self._keeps(one))
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
        if made:
            there = self.locations.setdefault((host, match), replace(made, host=host))
            if made.services and there.services != made.services:
                self.dropped.add(f"location {' '.join(match)} to {' and '.join(made.services)}")

    def _guarded(self, wanted: tuple[Directive, ...]) -> tuple[Directive, ...]:
        """Return directives without a login whose file no volume holds."""
        files = [one.words[1] for one in wanted if one.words[0] == "auth_basic_user_file"]
        if all(self._holds(file) for file in files):
            return wanted
        self.dropped.update(_AUTH)
        return tuple(one for one in wanted if one.words[0] not in _AUTH)

    def _holds(self, path: str) -> bool:
        """Whether a mounted volume has a path, and is not what our own nginx mounts there."""
        volumes = (volume.rstrip("/") for volume in self.mounted)
        return any(
            path.strip("\"'").startswith(volume) and volume != "/etc/nginx" for volume in volumes
        )

    def _files(
        self, match: tuple[str, ...], kept: tuple[Directive, ...], where: Directive | None
    ) -> Location:
        folder = where.words[1].strip("\"'") if where else ""
        if not folder or UNTOLD in folder or not self._holds(folder):
            self.own = True
            return Location(match)
        extra = () if where in kept or where is None else (where,)
        return Location(match, (*kept, *extra), files=folder)

    def _passed(
        self, match: tuple[str, ...], target: str, kept: tuple[Directive, ...]
    ) -> Location | None:
        found = _TARGET.match(target)
        if not found or UNTOLD in target:
            self.dropped.add(f"proxy_pass {target.replace(UNTOLD, '$')}")
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
        self.numbers.update(known)
        return Location(match, kept, tuple(name for name, _ in known), uri)

    def _keeps(self, one: Directive) -> bool:
        word = one.words[0]
        if untold(one):
            if word != "proxy_pass":
                self.dropped.add(shown(one))
            return False
        if word == "proxy_set_header":
            return one.words[1].lower() not in _COVERED
        if word in _KEPT:
            return True
        if word not in {"proxy_pass", "proxy_http_version", *_PASSED}:
            self.dropped.add(word)
        return False


def _handed(block: Sequence[Directive], above: Iterable[Directive]) -> tuple[Directive, ...]:
    """Return what a block hands down: its own, and what it has from above and does not replace."""
    own = [one for one in block if one.words[0] in _INHERITED]
    replaced = {_GROUPS.get(one.words[0], one.words[0]) for one in own}
    stay = (one for one in above if _GROUPS.get(one.words[0], one.words[0]) not in replaced)
    return (*own, *stay)


def _leads_to_tls(one: Directive) -> bool:
    return one.words[0] == "return" and any("https://" in word for word in one.words)
