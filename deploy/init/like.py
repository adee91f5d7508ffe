"""One of the systems of this repository as a start: which files, and what changes in them. Pure."""

import re
from pathlib import PurePosixPath

LIKE = {
    "transformation-coaching": "FastAPI, plain frontend, Postgres, WebSockets and event streams",
    "coaching-platform": "FastAPI, background work, Postgres, Redis, vector search, documents",
    "training-club": "Flask, React, MySQL, photos",
    "loc8": "FastAPI with gunicorn, React, Postgres, Redis, photos",
    "task-manager": "Express, React, Postgres, Redis, WebSockets",
}
_NGINX = ("nginx.conf", "compose.yaml", "snippets/", "servers/", "ratelimit/", "upstreams")


def place_of(path: str, like: str) -> str | None:
    """Return where a file of the repository goes in the new app's folder, if it goes there."""
    head, _, rest = path.partition("/")
    if head == "compose":
        return rest.removeprefix(f"{like}/") if rest.startswith(f"{like}/") else None
    if head == "nginx":
        ours = rest.startswith(_NGINX) or rest == f"sites/{like}.conf"
        return path if ours else None
    if path.startswith(f"examples/{like}/"):
        inside = rest.removeprefix(f"{like}/")
        part = PurePosixPath(inside).parts
        return inside if len(part) > 1 and part[0] != "second-release" else None
    return None


def adapted(place: str, text: str, like: str, app: str) -> str:
    """Return a configuration's text with the paths and the name of the new app."""
    text = text.replace("../../nginx/", "./nginx/").replace(f"../../examples/{like}/", "./")
    if place == "deploy.toml":
        text = text.replace("../../.sandbox/", ".sandbox/").replace(
            "s3://backups/examples", f"s3://backups/{app}"
        )
        return re.sub(r'^app = ".*"$', f'app = "{app}"', text, flags=re.MULTILINE)
    return re.sub(rf"(?<=[}}/]){re.escape(like)}(?=/(?:backend|frontend|ollama))", app, text)


def is_source(path: str) -> bool:
    """Whether a file of the repository is source of the example, not its configuration."""
    return path.startswith("examples/")
