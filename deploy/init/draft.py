"""**Decides** what an app gets to begin with, and explains each choice. Pure."""

import re
from collections.abc import Iterator

from deploy.errors import ComposeError
from deploy.init.contexts import about_contexts, new_ignores
from deploy.init.facts import EXAMPLE, FOLDER, OVERLAY, SITE, WORKFLOW, Choice, Draft, Facts
from deploy.init.overlay import Overlay
from deploy.init.roles import Cast, Role, cast
from deploy.init.site import NGINX, site
from deploy.init.texts import IGNORED, TASKS, settings, workflow
from deploy.init.variables import command_of, env_example, variables_of

_MIGRATIONS = {
    "alembic.ini": "alembic upgrade head",
    "manage.py": "python manage.py migrate --noinput",
    "prisma/schema.prisma": "npx prisma migrate deploy",
    "knexfile.js": "npx knex migrate:latest",
    "migrations/env.py": "flask db upgrade",
    "bin/rails": "bin/rails db:migrate",
    "artisan": "php artisan migrate --force",
}
_SURE = frozenset(["alembic.ini", "manage.py", "bin/rails", "artisan"])
_URL_PATH = re.compile(
    r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[^\s\"'|&;)]*)"
)
_LITERAL = re.compile(r"pass(word)?$|secret|token$|_key$", re.IGNORECASE)

MARKERS = tuple(_MIGRATIONS)


def draft(facts: Facts) -> Draft:
    """Return the files that an app lacks, and what was decided. Raises `ComposeError`."""
    parts = cast(facts)
    _check(parts, facts)
    overlay = Overlay(facts, parts)
    layered = overlay.text()
    path, by = _path(parts, facts)
    migrate = _migrate(parts, facts)
    example, generated, empty = env_example(facts)
    files = {
        "deploy.toml": settings(facts, path, migrate, url=bool(parts.main)),
        OVERLAY: layered,
        EXAMPLE: example,
        f"{FOLDER}/.gitignore": IGNORED,
    }
    if parts.main:
        files |= {f"{FOLDER}/nginx.conf": NGINX, SITE: site(parts, overlay.listens)}
    top = {"tasks.py": TASKS, WORKFLOW: workflow(facts.app, facts.inside, f"{FOLDER}/.env.staging")}
    top |= new_ignores(facts)
    choices = [
        *overlay.choices,
        *_about_proxy(parts, by, path),
        *_about_data(parts),
        *_about_migrations(migrate, facts),
        *_about_variables(facts, generated, empty),
        *about_contexts(facts),
        *_about_files(facts),
    ]
    return Draft(files, top, tuple(choices))


def _check(parts: Cast, facts: Facts) -> None:
    for part in parts.parts.values():
        if part.role is Role.WEB and part.model.get("network_mode"):
            raise ComposeError(
                f"{facts.compose}: services.{part.name}.network_mode",
                f"{part.model['network_mode']!r} lets nginx not reach it",
                "remove the line, so that it is on a network of the app",
            )


def _path(parts: Cast, facts: Facts) -> tuple[str, str]:
    """Return the path that proves the app, and how it is known."""
    if not parts.main:
        return "/", ""
    for location in parts.routes.locations:
        if (
            location.match[0] in {"=", "^~"}
            and "health" in location.match[-1]
            and location.services
            and not location.host
        ):
            return location.match[-1], "the proxy that was there named it"
    main = parts.parts[parts.main]
    test = " ".join((main.model.get("healthcheck") or {}).get("test", ()))
    found = _URL_PATH.search(test)
    if found:
        return found[1], f"the health check of {parts.main} asks for it"
    if parts.main in facts.health:
        return facts.health[parts.main], f"the source of {parts.main} has it"
    return "/", "no better one is known"


def _migrate(parts: Cast, facts: Facts) -> tuple[str, str, bool] | None:
    for part in parts.of(Role.ONCE):
        command = command_of(facts, part.name)
        if command and re.search("migrat|upgrade|alembic", f"{part.name} {command}"):
            same = [
                other.name
                for other in parts.of(Role.WEB, Role.WORKER)
                if other.model.get("build") == part.model.get("build")
                and other.model.get("image") == part.model.get("image")
            ]
            sure = bool(same) and not variables_of(command)
            return (same or [parts.main])[0], command.replace("$$", "$"), sure
    for name, marker in facts.migrations.items():
        part = parts.parts[name]
        if part.role in {Role.WEB, Role.WORKER}:
            sure = marker in _SURE and part.dockerfile.copies_all and bool(parts.of(Role.DATA))
            return name, _MIGRATIONS[marker], sure
    return None


def _about_proxy(parts: Cast, by: str, path: str) -> Iterator[Choice]:
    if not parts.main:
        yield Choice("no nginx", "no service speaks HTTP as far as this can tell", OVERLAY)
        return
    yield Choice(
        "nginx 1.30 in front, on port 80",
        "it follows the replicas, so that no request fails; without TLS, for want of a certificate",
        f"{SITE}, its end says how with TLS",
    )
    yield Choice(f"url {path}", f"asked for after each deploy; {by}", "deploy.toml: url")
    if parts.routes.locations:
        yield Choice(
            f"{len(parts.routes.locations)} locations of {parts.replaced} taken over",
            "they send to the same services",
            SITE,
        )
    if parts.routes.dropped:
        yield Choice(
            f"of {parts.replaced} not taken over: {', '.join(parts.routes.dropped)}",
            "nothing here tells that they would work: write them there, if the app needs them",
            SITE,
        )
    asked = (one for one in parts.routes.locations if not one.host)
    guards = (said for one in asked for said in one.directives)
    if any(said.words[0] in {"auth_basic", "deny"} for said in guards):
        yield Choice(
            f"logins and addresses of {parts.replaced} are asked for, as they were",
            "`url` must answer without: name a path whose location has neither",
            SITE,
        )
    shared = [one for one in parts.routes.locations if len(one.services) > 1]
    for one in shared:
        yield Choice(
            f"{' and '.join(one.services)} share {one.match[-1]}",
            "as they did; one service with deploy.replicas would be simpler",
            SITE,
        )


def _about_data(parts: Cast) -> Iterator[Choice]:
    for part in parts.of(Role.DATA):
        held = ", ".join(part.volumes)
        if held:
            yield Choice(
                f"{part.name}: its data stays in {held}",
                "a deploy asks before it touches a database; [backup] takes it along",
                "deploy.toml: [backup]",
            )
        else:
            yield Choice(
                f"{part.name}: has no named volume",
                "its data goes when its container is recreated, which a deploy does not do unasked",
                f"volumes of {part.name}",
            )


def _about_migrations(migrate: tuple[str, str, bool] | None, facts: Facts) -> Iterator[Choice]:
    if migrate is None:
        return
    service, command, sure = migrate
    if sure:
        yield Choice(
            f"migrate: `{command}` in {service}",
            "run once, before the swap",
            "deploy.toml: [rollout]",
        )
    else:
        seen = facts.migrations.get(service, "a service that runs once")
        why = f"{seen} tells of it, but not that the image can run it"
        if variables_of(command):
            why = (
                "deploy.toml fills in no variable; `sh -c` does, with those that its container has"
            )
        yield Choice(
            f"migrate: `{command}` stands there as a comment", why, "deploy.toml: [rollout]"
        )


def _about_variables(
    facts: Facts, generated: tuple[str, ...], empty: tuple[str, ...]
) -> Iterator[Choice]:
    if generated:
        yield Choice(
            f"{', '.join(generated)}: new for each environment",
            "their names sound like secrets; no value of yours was copied",
            EXAMPLE,
        )
    if empty:
        yield Choice(
            f"{', '.join(empty)}: empty",
            "no value is known that may stand in a repository",
            EXAMPLE,
        )
    known = {one.name for one in variables_of(facts.text)}
    for name, service in facts.document["services"].items():
        own = (service.get("environment") or {}).items()
        literal = sorted(
            key
            for key, value in own
            if value
            and _LITERAL.search(key)
            and not str(value).startswith("/")
            and not any(used in facts.text for used in (f"{key}: ${{", f"{key}=${{"))
            and key not in known
            and key not in facts.env_files.get(name, ())
        )
        if literal:
            yield Choice(
                f"{name}: {', '.join(literal)} stands in {facts.compose} itself",
                "it is deployed as it is; write ${NAME?} there, and it comes from the env file",
                facts.compose,
            )


def _about_files(facts: Facts) -> Iterator[Choice]:
    if facts.inactive:
        shown = ", ".join(facts.inactive)
        yield Choice(f"{shown}: not deployed", "of a profile that is not active", facts.compose)
    if facts.override:
        why = "it is for this machine by its name; staging does without it"
        yield Choice(f"{facts.override}: for `inv up` alone", why, "deploy.toml: compose")
    yield Choice(
        "staging is a server of the sandbox",
        "you may have none yet; the file says what to write for one",
        "deploy.toml: hosts",
    )
    yield Choice(
        "a workflow deploys what comes to main", "its head says what it needs at GitHub", WORKFLOW
    )
