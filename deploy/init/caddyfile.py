"""Another Caddy's configuration: which of its sites and paths go to which service. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from deploy.init.nginx_conf import Location, Routes, with_main

_SITE = re.compile(r"(?:https?://)?([\w*-]+(?:\.[\w-]+)+)(?::\d+)?(?:/\S*)?,?$")
_UPSTREAM = re.compile(r"(?:https?://)?([\w.-]+):(\d+)")
_GROUPS = frozenset(["handle", "handle_path", "route"])
_READ = frozenset([*_GROUPS, "reverse_proxy"])
_OURS = frozenset(["tls", "log", "bind", "to"])  # of TLS, or decided in our own main file


def read_caddyfile(text: str, services: Collection[str]) -> Routes:
    """Return the routes of a Caddyfile; without locations where it sends to no service."""
    locations: dict[tuple[str, str], Location] = {}
    ports: dict[str, int] = {}
    dropped: set[str] = set()
    for words, blocks in _directives(text):
        if words[0] in _OURS or (words[0] in _GROUPS and _is_path(words[1:])):
            continue
        made, known = _location(words, blocks, services)
        if made is None:
            dropped.add(" ".join(words) if words[0] in _READ else words[0])
            continue
        there = locations.setdefault((made.host, made.match[0]), made)
        if there.services != made.services:
            dropped.add(f"{made.host}{made.match[0]} to {' and '.join(made.services)}")
        else:
            ports |= known
    if not ports:
        return Routes()
    return Routes(with_main(list(locations.values())), ports, tuple(sorted(dropped)))


def _directives(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Yield what stands in sites and their groups, with the heads of the blocks around it."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).split()
        opens = words[-1:] == ["{"]
        words = words[:-1] if opens else words
        if words == ["}"]:
            blocks = blocks[:-1]
            continue
        inside = all(block and block[0] in _READ for block in blocks[1:])
        if words and inside and any(blocks[:1]):  # what has no name are options of Caddy itself
            yield words, list(blocks)
        if opens or (not blocks and words):  # a file of one site may have no braces around it
            blocks.append(words)


def _location(
    words: Sequence[str], blocks: Sequence[Sequence[str]], services: Collection[str]
) -> tuple[Location | None, dict[str, int]]:
    """Return what a directive sends where, with the ports of the services."""
    if words[0] != "reverse_proxy" or not _is_path(words[1:2]):
        return None, {}
    heads = [block for block in blocks[1:] if _is_path(block[1:])]
    matchers = [word for head in [*heads, words] for word in head[1:2] if word[0] in "/*"]
    path = (matchers[-1] if matchers else "/").rstrip("*") or "/"
    known = {
        name: int(port) for name, port in _UPSTREAM.findall(" ".join(words)) if name in services
    }
    stripped = any(head[0] == "handle_path" for head in heads)
    if not known or len(heads) < len(blocks) - 1 or (stripped and path[-1] != "/"):
        return None, {}
    hosts = " ".join(found[1] for word in blocks[0] if (found := _SITE.match(word)))
    return Location((path,), (), tuple(known), "/" if stripped else "", host=hosts), known


def _is_path(words: Sequence[str]) -> bool:
    """Whether what a directive is for is a path, or everything, not a matcher by name."""
    return not any(word.startswith("@") for word in words)
