"""What each service of a stranger's Compose file is there for. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from deploy.engine.compose.services import DATABASES, image_name
from deploy.init.caddyfile import read_caddyfile
from deploy.init.dockerfile import Dockerfile, read_dockerfile
from deploy.init.facts import Document, Facts
from deploy.init.nginx_conf import Location, Routes, read_routes, with_main
from deploy.init.variables import withheld


class Role(Enum):
    """What a service is there for."""

    WEB = "answers HTTP"
    DATA = "holds data"
    WORKER = "works in the background"
    ONCE = "runs once and ends"
    PROXY = "is a proxy"
    TOOL = "is a tool for people"


_TOOLS = re.compile(
    r"adminer|pgadmin|phpmyadmin|mongo-express|redis-?commander|redisinsight|mailhog|mailpit"
    r"|maildev|dozzle|portainer|kafka-ui|sqlpad"
)
_PROXIES = re.compile(r"^(traefik|nginx-proxy|nginx-proxy-manager|acme-companion|certbot)")
_MORE_DATA = re.compile(r"redis-stack|redismod|memcached|nats|kafka|zookeeper|mosquitto|scylla")
_ONE_OFF = re.compile(r"(^|[-_])(migrat\w*|init|setup|seed\w*|bootstrap)([-_]|$)")
# Of databases, mail, queues and debuggers.
_NOT_HTTP = frozenset(
    int(port)
    for port in re.findall(
        r"\d+",
        "21 22 25 53 110 143 389 465 587 636 993 995 1433 1521 1883 2181 2375 3306 4222 5432 5672"
        " 5678 6379 6380 8883 9042 9092 9229 9230 11211 25565 27017 50051",
    )
)
_FRONT = re.compile(r"front|web|www|^ui$|client|site|^app$|gateway|nginx|proxy")
_BACK = re.compile(r"back|api|server")
_TRAEFIK_PORT = re.compile(r"^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$")
_RULE = re.compile(r"^traefik\.http\.routers\.[^.]+\.rule$")
_HOST = re.compile(r"Host\(`([\w-]+(?:\.[\w-]+)+)`\)")
_PATH = re.compile(r"PathPrefix\(`([^`]+)`\)")
_MIDDLEWARE = re.compile(r"^traefik\.http\.middlewares\.([^.]+)\.(?!redirect)([^.]+)")


@dataclass(frozen=True)
class Part:
    """A service: what it is there for, the port where it answers HTTP, the ports it published."""

    name: str
    role: Role
    model: Document
    dockerfile: Dockerfile = field(default_factory=Dockerfile)
    port: int = 0
    published: Mapping[int, int] | None = None  # from the port in the container to the machine's
    by_port: str = ""  # how its port is known

    @property
    def built(self) -> bool:
        """Whether its image is built here."""
        return bool(self.model.get("build"))

    @property
    def image(self) -> str:
        """What it runs: its image's name, or that of its Dockerfile's base."""
        return self.dockerfile.image or image_name(str(self.model.get("image", "")))

    @property
    def volumes(self) -> tuple[str, ...]:
        """Its named volumes."""
        mounts = self.model.get("volumes", ())
        return tuple(
            str(m["source"]) for m in mounts if m.get("type") == "volume" and m.get("source")
        )


@dataclass(frozen=True)
class Cast:
    """All services with their parts, and the routes of the nginx that was there."""

    parts: Mapping[str, Part]
    main: str = ""
    routes: Routes = field(default_factory=Routes)
    replaced: str = ""  # the proxy whose routes these are
    hosts: Mapping[str, str] = field(default_factory=dict)  # services by the names they have

    def of(self, *roles: Role) -> tuple[Part, ...]:
        """Return the parts with one of `roles`."""
        return tuple(part for part in self.parts.values() if part.role in roles)


def cast(facts: Facts) -> Cast:
    """Return what each service is there for."""
    services = facts.document["services"]
    dockerfiles = {
        name: read_dockerfile(text, (services[name].get("build") or {}).get("target", ""))
        for name, text in facts.dockerfiles.items()
    }
    replaced, routes = _routes(facts)
    hints = routes.ports
    found = {}
    for name, model in services.items():
        dockerfile = dockerfiles.get(name, Dockerfile())
        port, how = _port(name, facts, dockerfile, hints)
        part = Part(name, Role.WORKER, model, dockerfile, port, _published(model), how)
        role = _role(part, facts, proxied=name == replaced and not routes.own)
        found[name] = Part(name, role, model, dockerfile, port, part.published, how)
    if not any(part.role is Role.WEB for part in found.values()):  # then the tool is the app
        found = {n: replace(p, role=Role.WEB) if _opens(p) else p for n, p in found.items()}
    main = _main(found, routes, replaced)
    return Cast(found, main, routes, replaced, _hosts(found, {main, *routes.ports}))


def _hosts(parts: Mapping[str, Part], reached: Collection[str]) -> dict[str, str]:
    """Return the names by which Traefik reached services that nothing else leads to."""
    return {
        host: part.name
        for part in parts.values()
        if part.role is Role.WEB and part.name not in reached
        for label, rule in (part.model.get("labels") or {}).items()
        if _RULE.match(label)
        for host in _HOST.findall(rule)
    }


def _opens(part: Part) -> bool:
    return part.role is Role.TOOL and bool(part.port)


def http_ports(part: Part) -> dict[int, int]:
    """Return the ports that a service published and that may speak HTTP."""
    return {port: there for port, there in (part.published or {}).items() if port not in _NOT_HTTP}


def _routes(facts: Facts) -> tuple[str, Routes]:
    services = facts.document["services"]
    for name, text in facts.nginx.items():
        model = services[name]
        own = (model.get("environment") or {}).items()
        environment: dict[str, str | None] = {k: str(v).replace("$$", "$") for k, v in own if v}
        environment.update(dict.fromkeys(withheld(facts, name)))
        mounted = [mount["target"] for mount in model.get("volumes", ()) if mount.get("source")]
        routes = read_routes(text, set(services) - {name}, environment, mounted)
        if routes.locations:
            return name, routes
    for name, text in facts.caddy.items():
        caddy = read_caddyfile(text, services)
        if caddy.ports:
            return name, caddy
    name = next((n for n, m in services.items() if _PROXIES.match(_image_of(m))), "")
    return name, _of_traefik(services) if name else Routes()


def _of_traefik(services: Document) -> Routes:
    """Return the paths that Traefik knows. What leads by a name alone is not among them."""
    locations: dict[tuple[str, str], Location] = {}
    ports: dict[str, int] = {}
    dropped: set[str] = set()
    for name, model in services.items():
        labels = model.get("labels") or {}
        port = next((v for label, v in labels.items() if _TRAEFIK_PORT.match(label)), "")
        numbers = [int(port)] if str(port).isdigit() else list(_published(model)) or [80]
        for label, value in labels.items():
            if middleware := _MIDDLEWARE.match(label):
                dropped.add(f"middleware {middleware[1]} ({middleware[2]})")
            for path in _PATH.findall(value) if _RULE.match(label) else ():
                host = " ".join(_HOST.findall(value))
                made = Location((path,), services=(name,), host=host)
                if locations.setdefault((host, path), made) == made:
                    ports[name] = numbers[0]
                else:
                    dropped.add(f"{host}{path} to {name}")
    found = sorted(locations.values(), key=lambda one: _by_name(one.services[0]))
    main = found[0].host if found else ""
    return Routes(with_main(list(locations.values()), main), ports, tuple(sorted(dropped)))


def _image_of(model: Document) -> str:
    return image_name(str(model.get("image", "")))


def _published(model: Document) -> dict[int, int]:
    return {
        int(port["target"]): int(str(port.get("published") or port["target"]).split("-")[0])
        for port in model.get("ports", ())
        if port.get("protocol", "tcp") == "tcp"
    }


def _port(
    name: str, facts: Facts, dockerfile: Dockerfile, hints: Mapping[str, int]
) -> tuple[int, str]:
    model = facts.document["services"][name]
    if name in hints:
        return hints[name], "the proxy that was there sends to it"
    for label, value in (model.get("labels") or {}).items():
        if _TRAEFIK_PORT.match(label) and str(value).isdigit():
            return int(value), f"the label {label}"
    for port in _published(model):
        if port not in _NOT_HTTP:
            return port, "it is published"
    for port in model.get("expose", ()):
        number = int(str(port).split("/")[0].split("-")[0])
        if number not in _NOT_HTTP:
            return number, "it is in expose"
    said = next((port for port in dockerfile.ports if port not in _NOT_HTTP), 0)
    if said and not model.get("command") and not _shares_build(name, facts.document):
        return said, "its Dockerfile says EXPOSE"
    return 0, ""


def _shares_build(name: str, document: Document) -> bool:
    """Whether another service of the same source publishes a port: then that one answers."""
    build = document["services"][name].get("build")
    others = (each for other, each in document["services"].items() if other != name)
    return any(each.get("build") == build and _published(each) for each in others)


def _role(part: Part, facts: Facts, *, proxied: bool) -> Role:
    image = part.image
    if proxied or _PROXIES.match(image) or part.name in facts.caddy:
        return Role.PROXY
    if _TOOLS.search(image) or "flower" in (part.model.get("command") or ()):
        return Role.TOOL
    if image in DATABASES or _MORE_DATA.search(image):
        return Role.DATA
    if _runs_once(part.name, facts.document):
        return Role.ONCE
    return Role.WEB if part.port else Role.WORKER


def _runs_once(name: str, document: Document) -> bool:
    awaited = any(
        (service.get("depends_on") or {}).get(name, {}).get("condition")
        == "service_completed_successfully"
        for service in document["services"].values()
    )
    model = document["services"][name]
    named = bool(_ONE_OFF.search(name)) and not model.get("ports") and bool(model.get("command"))
    return awaited or named


def _main(parts: Mapping[str, Part], routes: Routes, replaced: str) -> str:
    for location in routes.locations:
        if location.match == ("/",) and not location.host:
            return location.services[0] if location.services else replaced
    web = [part for part in parts.values() if part.role is Role.WEB]
    web = [part for part in web if part.name not in routes.ports] or web
    ranked = sorted(web, key=lambda part: (not http_ports(part), _by_name(part.name), part.name))
    return ranked[0].name if ranked else ""


def _by_name(name: str) -> int:
    if _FRONT.search(name):
        return 0
    return 2 if _BACK.search(name) else 1
