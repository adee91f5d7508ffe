"""Health checks that can be decided from outside: of databases, of a port. Pure."""

import json

from deploy.init.roles import Part, Role

_CHECKS = {
    "postgres": 'pg_isready -q -h 127.0.0.1 -U "$${POSTGRES_USER:-postgres}"',
    "mysql": "mysqladmin ping -h 127.0.0.1 || mariadb-admin ping -h 127.0.0.1",
    "redis": "redis-cli ping",
    "mongo": "mongosh --quiet --eval 'db.stats()' || mongo --quiet --eval 'db.stats()'",
}
_FAMILIES = {
    "postgresql": "postgres",
    "postgis": "postgres",
    "timescaledb": "postgres",
    "pgvector": "postgres",
    "mariadb": "mysql",
    "percona": "mysql",
}
_WITH_SHELL = frozenset(
    [
        "caddy",
        "drupal",
        "ghost",
        "httpd",
        "joomla",
        "nginx",
        "node",
        "php",
        "python",
        "ruby",
        "tomcat",
        "wordpress",
    ]
)


def check_of(part: Part) -> str:
    """Return a health check as Compose writes it; nothing where none can be decided."""
    if part.role is Role.DATA:
        test = _CHECKS.get(_FAMILIES.get(part.image, part.image), "")
    elif part.role is Role.WEB and (part.dockerfile.shell or part.image in _WITH_SHELL):
        test = _listening(part.port)
    else:
        test = ""
    if not test:
        return ""
    words = json.dumps(["CMD-SHELL", test])
    return f"healthcheck: {{test: {words}, interval: 5s, timeout: 3s, retries: 18}}"


def _listening(port: int) -> str:
    """Return a test that a port is listened on (0A), which needs no tool but grep."""
    line = f": [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A "
    return f"grep -qE '{line}' /proc/net/tcp /proc/net/tcp6 2>/dev/null"
