"""One of the systems of this repository as a start: which files, and what changes in them. Pure."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from deploy.init.facts import Choice

LIKE = {
    "transformation-coaching": "FastAPI, one static page, Postgres, WebSockets and event streams",
    "coaching-platform": "FastAPI, one static page, Postgres, Redis, Chroma, Ollama",
    "training-club": "Flask, React, MySQL or MariaDB, Redis",
    "loc8": "FastAPI, React, SQLite or Postgres, Redis if you like",
    "task-manager": "Node and Fastify, React, Postgres, Redis, WebSockets",
}
EXTRAS = {  # images that the sandbox makes for those who ask
    "coaching-platform": ("chroma",),
    "training-club": ("node", "mysql"),
    "loc8": ("node",),
    "task-manager": ("node",),
}
FIRST = {  # what an example wants before its first deploy, besides what all of them do
    "training-club": (
        Choice("the database is MySQL 8.4", "in the sandbox write mysql:9", "DB_IMAGE, env files"),
        Choice(
            "nginx wants a certificate on the server, before the first deploy",
            "README.md of examples/training-club in Slipway says how to come by one",
            "LETSENCRYPT_DIR, env files",
        ),
    )
}
IGNORED_LIKE = ".env\n.env.*\n!.env.example\n.sandbox/\nnode_modules/\n"
MONITORING = "compose/monitoring"
_NGINX = ("nginx.conf", "compose.yaml", "snippets/", "servers/", "ratelimit/", "upstreams")


def place_of(path: str, like: str) -> str | None:
    """Return where a file of the repository goes in the new app's folder, if it goes there."""
    head, _, rest = path.partition("/")
    if path.startswith(f"{MONITORING}/"):
        return rest
    if head == "compose":
        return rest.removeprefix(f"{like}/") if rest.startswith(f"{like}/") else None
    if head == "nginx":
        ours = rest.startswith(_NGINX) or rest == f"sites/{like}.conf"
        return path if ours else None
    if path.startswith(f"examples/{like}/"):
        inside = rest.removeprefix(f"{like}/")
        part = PurePosixPath(inside).parts
        return inside if len(part) > 1 else None
    return None


def adapted(place: str, text: str, like: str, app: str, top: str) -> str:
    """Return a configuration's text with the paths and the name of the new app.

    `top` is the way to the top folder of the repository, with a slash behind where there is one.
    """
    nginx = "../nginx/" if place.startswith("monitoring/") else "./nginx/"
    for old, new in (
        ("../../nginx/", nginx),
        ("../monitoring/", "./monitoring/"),
        (f"../../examples/{like}/", "./"),
        (f"/opt/{like}/", f"/opt/{app}/"),
    ):
        text = text.replace(old, new)
    if place == "deploy.toml":
        text = text.replace("../../.sandbox/", f"{top}.sandbox/").replace(
            "s3://backups/examples", f"s3://backups/{app}"
        )
        text = re.sub(r'^(?:test|lint) = "nox .*"\n', "", text, flags=re.MULTILINE)
        return re.sub(r'^app = ".*"$', f'app = "{app}"', text, flags=re.MULTILINE)
    return re.sub(
        rf"^( *image: .*/){re.escape(like)}(?=[/-])", rf"\g<1>{app}", text, flags=re.MULTILINE
    )


def is_source(path: str) -> bool:
    """Whether a file of the repository is source of the example, not its configuration."""
    return path.startswith("examples/")


def choices_of(
    like: str, theirs: Collection[str], own: Collection[str], *, ignored: bool
) -> tuple[Choice, ...]:
    """Explain a start like `like`: of which parts the example's source is there, and which not."""
    compose = "compose.yaml"
    found = [Choice(f"a start like {like}", LIKE[like], compose), *FIRST.get(like, ())]
    for part in sorted(theirs):
        where = f"put yours there; `expose` and `healthcheck` of {part} in {compose} must fit it"
        found.append(Choice(f"{part}/ is the example's", "so that it deploys as it is", where))
    for part in sorted(own):
        where = f"`expose` and `healthcheck` of {part} in {compose} must fit it"
        found.append(Choice(f"{part}/ stays as it is", "it is yours", where))
    if ignored:
        why = "env files hold secrets, and your .gitignore was not changed"
        found.append(Choice("see that git ignores .env.*", why, ".gitignore"))
    return tuple(found)
