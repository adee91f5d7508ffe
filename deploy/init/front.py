"""The nginx service that stands in front, and the ports that it listens on. Pure."""

import json
from collections.abc import Iterator

from deploy.init.facts import FOLDER, SITE, Document, Facts
from deploy.init.mounts import entry, named
from deploy.init.roles import Cast, Role, http_ports

UPDATE = "deploy: {update_config: {order: start-first, parallelism: 0, monitor: 3s}}"
_CHECK = "curl -fsS --max-time 2 --unix-socket /run/nginx-health.sock http://localhost/"
_ON = "${PUBLISH_ON-0.0.0.0}"
_PRIVILEGED, _ABOVE = 1024, 8000  # 80, where it is taken, becomes 8080


def listens(parts: Cast) -> dict[int, str]:
    """Return a port of nginx for every other service that published one and speaks HTTP."""
    found: dict[int, str] = {}
    for part in parts.of(Role.WEB):
        port = http_ports(part).get(part.port)
        reached = {parts.main, *parts.routes.ports, *parts.hosts.values()}
        if part.name in reached or not port:
            continue
        while port in {80, 443, *found}:
            port += _ABOVE if port < _PRIVILEGED else 1
        found[port] = part.name
    return found


def nginx_service(facts: Facts, parts: Cast, further: dict[int, str]) -> Iterator[str]:
    """Yield the lines of the service that stands in front."""
    web = {part.name for part in parts.of(Role.WEB)}
    behind = {*parts.routes.ports, parts.main, *parts.hosts.values(), *further.values()}
    # By IPv6 all clients would have one private address, where a network has IPv4 alone.
    ports = [f"{_ON}:${{HTTP_PORT:-80}}:80", *(f"{_ON}:{port}:{port}" for port in further)]
    yield "nginx:" if "nginx" not in facts.document["services"] else "entrance:"
    yield "  image: ${NGINX_IMAGE:-nginx:1.30-alpine}"
    yield "  x-proxy: true"
    yield "  restart: unless-stopped"
    yield f"  ports: {json.dumps(ports)}"
    yield f"  networks: {json.dumps(_networks(facts, parts))}"
    yield f"  depends_on: {json.dumps(sorted(behind & web))}"
    yield "  volumes:"
    yield f"    - ./{FOLDER}/nginx.conf:/etc/nginx/nginx.conf:ro"
    yield f"    - ./{SITE}:/etc/nginx/site.conf:ro"
    for mount in _static_mounts(facts, parts):
        yield f"    - {mount if isinstance(mount, str) else json.dumps(mount)}"
    yield "  stop_signal: SIGQUIT"
    yield "  stop_grace_period: 40s"
    test = json.dumps(["CMD", *_CHECK.split()])
    yield f"  healthcheck: {{test: {test}, interval: 5s, timeout: 3s, retries: 4}}"
    yield f"  {UPDATE}"


def _static_mounts(facts: Facts, parts: Cast) -> list[Document | str]:
    """Return the mounts of the proxy that was there whose files nginx serves by itself."""
    if not parts.replaced:
        return []
    folders = [one.files for one in parts.routes.locations if one.files]
    folders += [
        directive.words[1].strip("\"'")
        for one in parts.routes.locations
        for directive in one.directives
        if directive.words[0] == "auth_basic_user_file"
    ]
    mounts = parts.parts[parts.replaced].model.get("volumes", ())
    return [
        entry({**named(mount, parts.replaced, facts), "read_only": True}, facts)
        for mount in mounts
        if any(folder.startswith(mount["target"].rstrip("/")) for folder in folders)
    ]


def _networks(facts: Facts, parts: Cast) -> list[str]:
    """Return networks on which nginx reaches everything that it sends to, and the world."""
    all_ = facts.document.get("networks") or {}
    internal = {name for name, model in all_.items() if (model or {}).get("internal")}
    holding = {name for part in parts.of(Role.DATA) for name in part.model.get("networks") or ()}
    found: list[str] = []
    for part in parts.of(Role.WEB):
        own = list(part.model.get("networks") or ("default",))
        own.sort(key=lambda name: (name in internal, name in holding, name))
        if not set(own) & set(found):
            found.append(own[0])
    return found if set(found) - internal else [*found, "default"]
