"""The overlay: what a Compose file lacks to be deployed without a failed request. Pure."""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence

from deploy.init.facts import EXAMPLE, OVERLAY, SITE, Choice, Facts
from deploy.init.front import UPDATE, listens, nginx_service
from deploy.init.health import check_of
from deploy.init.mounts import data, entry, kept, named, shipped, short, sources
from deploy.init.roles import Cast, Part, Role, http_ports
from deploy.init.variables import REGISTRY, command_of

LEFT_OUT = "left-out"
_DEVELOPMENT = re.compile(r"--reload|nodemon|watch|run dev|runserver|--debug|flask run")
_NOT_FOR_THE_WORLD = {
    Role.DATA: "a database is not for the world",
    Role.TOOL: "a tool for people who develop is not for the world",
    Role.WEB: "it is for debuggers, or speaks no HTTP",
}


class Overlay:
    """The text of the overlay, with the choices that it stands for."""

    def __init__(self, facts: Facts, parts: Cast) -> None:
        self.facts, self.cast = facts, parts
        self.choices: list[Choice] = []
        self.listens = listens(parts)
        self._images = _images(facts)

    def text(self) -> str:
        """Return the overlay."""
        lines = [
            f"# What {self.facts.compose} lacks to be deployed by Slipway. It is read after it, on",
            "# servers. `!reset` and `!override` are Compose's own: they take away, or replace.",
            "",
            "services:",
        ]
        for part in self.cast.parts.values():
            before = len(self.choices)
            found = list(self._service(part))
            if found:
                why = _comments(self.choices[before:])
                lines += [f"  {part.name}:", *(f"    {line}" for line in (*why, *found)), ""]
        if self.cast.main:
            service = nginx_service(self.facts, self.cast, self.listens)
            lines += [*(f"  {line}" for line in service), ""]
        if lines[-1] == "services:":
            lines[-1] = "services: {}"
        lines += self._top()
        return "\n".join(lines).rstrip() + "\n"

    def _choose(self, what: str, why: str, where: str = OVERLAY) -> None:
        self.choices.append(Choice(what, why, where))

    def _service(self, part: Part) -> Iterator[str]:
        if part.role in {Role.PROXY, Role.ONCE}:
            yield from self._left_out(part)
            return
        yield from self._image(part)
        yield from self._ports(part)
        yield from self._upstream(part)
        if part.model.get("container_name"):
            self._choose(f"{part.name}: no container_name", "one name cannot have two replicas")
            yield "container_name: !reset null"
        yield from self._environment(part)
        yield from self._mounts(part)
        yield from self._needs(part)
        yield from self._check(part)
        yield from self._update(part)

    def _left_out(self, part: Part) -> Iterator[str]:
        why, where = "it runs once and ends, which a deploy would take for a crash", "deploy.toml"
        if part.role is Role.PROXY:
            why, where = "Slipway's nginx takes its place, and follows the replicas", SITE
        self._choose(f"{part.name}: left out", why, where)
        yield f"profiles: [{LEFT_OUT}]"

    def _image(self, part: Part) -> Iterator[str]:
        if part.name not in self._images:
            return
        yield f"image: {self._images[part.name]}"
        if not part.built:
            return
        self._choose(
            f"{part.name}: image $REGISTRY/{self.facts.app}/{part.name.lower()}:$TAG",
            "it is built here, and servers pull it by that name",
            f"REGISTRY in {EXAMPLE}",
        )
        target = (part.model.get("build") or {}).get("target", "")
        if "dev" in target:
            why = "it sounds like development; whether another stage would do, only you know"
            self._choose(f"{part.name}: build target {target} stays", why)

    def _ports(self, part: Part) -> Iterator[str]:
        ports = part.model.get("ports", ())
        if not ports:
            return
        if part.role is Role.WORKER:
            why = "it speaks no HTTP as far as this can tell, and is recreated in place"
            self._choose(f"{part.name}: its ports stay published", why)
            return
        yield "ports: !reset []"
        behind = set(http_ports(part)) if part.role is Role.WEB else set()
        lost = {int(port["target"]) for port in ports} - behind
        for gone, why in (
            (lost, _NOT_FOR_THE_WORLD[part.role]),
            (behind - {part.port}, f"nginx sends to {part.port}, and a service has one such port"),
        ):
            if gone:
                shown = ", ".join(map(str, sorted(gone)))
                self._choose(f"{part.name}: {shown} not published", why)

    def _upstream(self, part: Part) -> Iterator[str]:
        if part.role is not Role.WEB:
            return
        exposed = [str(port) for port in part.model.get("expose", ())]
        if not exposed:
            yield f'expose: ["{part.port}"]'
        elif not re.match(rf"{part.port}\b", exposed[0]):
            yield f"x-upstream: {{port: {part.port}}}"
        there = next((port for port, name in self.listens.items() if name == part.name), 0)
        names = [host for host, name in self.cast.hosts.items() if name == part.name]
        routes = [one for one in self.cast.routes.locations if part.name in one.services]
        if routes and all(one.host for one in routes):
            names = [one.host for one in routes]
        if names:
            way = f", by the name {' and '.join(dict.fromkeys(names))}"
        elif routes:
            way = ""
        elif there or part.name == self.cast.main:
            way = f", behind port {there or 80} of nginx"
        else:
            way = ", to the other services alone"
        self._choose(f"{part.name}: HTTP on {part.port}{way}", part.by_port, SITE)

    def _environment(self, part: Part) -> Iterator[str]:
        names = self.facts.env_files.get(part.name)
        if names is None:
            return
        yield "env_file: !reset []"
        own = part.model.get("environment") or {}
        wanted = [name for name in names if name not in own]
        if wanted:
            yield f"environment: {json.dumps(wanted)}"
        self._choose(
            f"{part.name}: the variables of its env_file come from the environment's own",
            "with one file for all, production would have the secrets of staging",
            EXAMPLE,
        )

    def _mounts(self, part: Part) -> Iterator[str]:
        gone, sent = sources(part, self.facts), shipped(part, self.facts)
        if gone:
            shown = ", ".join(self._short(mount) for mount in gone)
            why = "it is the source, for development: the image has it, and a server does not"
            self._choose(f"{part.name}: {shown} not mounted", why)
        if sent:
            shown = ", ".join(self._short(mount) for mount in sent)
            why = "what is writable begins empty on a server; read-only, it travels with a release"
            self._choose(f"{part.name}: {shown} read-only", why)
        stays = data(part, self.facts)
        if stays:
            shown = ", ".join(self._short(mount) for mount in stays)
            why = "it sounds like data, which a server keeps, and has none of at first"
            self._choose(f"{part.name}: {shown} stays mounted", why)
        if gone or sent:
            mounts = [
                {
                    **named(mount, part.name, self.facts),
                    **({"read_only": True} if mount in sent else {}),
                }
                for mount in kept(part, gone)
            ]
            entries = [entry(mount, self.facts) for mount in mounts]
            yield f"volumes: !override {json.dumps(entries)}"

    def _short(self, mount: object) -> str:
        return short(mount, self.facts)  # type: ignore[arg-type]

    def _needs(self, part: Part) -> Iterator[str]:
        gone = {each.name for each in self.cast.of(Role.PROXY, Role.ONCE)}
        needs = part.model.get("depends_on") or {}
        if gone & set(needs):
            stay = {
                name: {"condition": how.get("condition", "service_started")}
                for name, how in needs.items()
                if name not in gone
            }
            yield f"depends_on: !override {json.dumps(stay)}"

    def _check(self, part: Part) -> Iterator[str]:
        if part.model.get("healthcheck") or part.dockerfile.healthcheck:
            return
        check = check_of(part)
        if check:
            yield check
        if part.role is Role.WEB and check:
            why = "it has no health check; one that asks the app itself would tell more"
            self._choose(f"{part.name}: well when its port is listened on", why)
        elif part.role is Role.WEB:
            why = "it has none, and its image may have no shell to run one: well after 2 s"
            self._choose(f"{part.name}: no health check", why)
        elif check:
            why = f"{part.image} has a command for it"
            self._choose(f"{part.name}: a health check", why)

    def _update(self, part: Part) -> Iterator[str]:
        command = command_of(self.facts, part.name)
        if part.role in {Role.WEB, Role.WORKER} and _DEVELOPMENT.search(command):
            why = "it sounds like development; which one is for a server, only you know"
            self._choose(f"{part.name}: `{command}` stays", why)
        if (part.model.get("deploy") or {}).get("update_config", {}).get("order"):
            return
        volumes = ", ".join(part.volumes)
        if part.role is Role.WEB and volumes and not part.built and not self.cast.of(Role.DATA):
            why = f"it keeps its data in {volumes} itself, it seems, and two must not write that"
            self._choose(f"{part.name}: recreated in place", why)
        elif part.role is Role.WEB:
            why = "new replicas start beside the old ones, so that no request fails"
            shared = f"; for a moment two share {volumes}" if volumes else ""
            self._choose(f"{part.name}: start-first", f"{why}{shared}")
            yield UPDATE
        elif part.role is Role.WORKER and volumes and part.built:
            why = f"it has {volumes}: else each deploy would ask for --recreate {part.name}"
            self._choose(f"{part.name}: start-first", why)
            yield UPDATE
        elif part.role is Role.WORKER:
            why = "it answers no request, and two schedulers would do everything twice"
            self._choose(f"{part.name}: stop-first", why)

    def _top(self) -> Iterator[str]:
        for kind in ("networks", "volumes"):
            entries = self.facts.document.get(kind) or {}
            external = [name for name, model in entries.items() if (model or {}).get("external")]
            if external:
                yield f"{kind}:"
            for name in external:
                why = "it is external, so a new server would not have it"
                self._choose(f"{kind[:-1]} {name}: made with the app", why)
                yield f"  {name}: !override {{}}"


def _comments(choices: Sequence[Choice]) -> Iterator[str]:
    """Yield what was decided about a service, as comments."""
    for one in choices:
        text = f"{one.what.partition(': ')[2]}: {one.why}"
        yield from textwrap.wrap(text, 96, initial_indent="# ", subsequent_indent="#   ")


def _images(facts: Facts) -> dict[str, str]:
    """Return the images that are built here, by the services that run them."""
    services = facts.document["services"]
    images = {
        name: f"${{REGISTRY:-{REGISTRY}}}/{facts.app}/{name.lower()}:${{TAG:-dev}}"
        for name, model in services.items()
        if model.get("build")
    }
    named = {services[name].get("image"): image for name, image in images.items()}
    for name, model in services.items():
        if model.get("image") and model["image"] in named:
            images.setdefault(name, named[model["image"]])
    return images
