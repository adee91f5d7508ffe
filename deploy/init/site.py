"""The nginx configuration of an app that begins: its main file, and its site. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploy.init.nginx_conf import Location
from deploy.init.roles import Cast

NGINX = """\
# The proxy's main file. Needs nginx 1.27.4. What the app answers stands in site.conf.
user nginx;
worker_processes auto;
error_log /dev/stderr warn;
pid /run/nginx.pid;
worker_shutdown_timeout 120s;  # longer than rollout.drain and a stop_grace_period together

events {
    worker_connections 4096;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    server_tokens off;
    sendfile on;
    keepalive_timeout 65s;
    keepalive_min_timeout 1s;      # a reload must not close a connection that a client is using
    client_max_body_size 50m;

    map $http_upgrade $connection_upgrade {
        default upgrade;
        '' '';
    }

    # How requests go to a service. A location with a proxy_set_header of its own inherits none.
    proxy_http_version 1.1;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_connect_timeout 2s;
    proxy_next_upstream error timeout;  # no non_idempotent: a POST is never sent twice

    include /etc/nginx/upstreams/*.conf;  # written by Slipway: one upstream a service, of its name
    include /etc/nginx/site.conf;

    # For the health check of this container: a port can be answered by the other nginx.
    server {
        listen unix:/run/nginx-health.sock;
        access_log off;
        location / {
            default_type text/plain;
            return 200 "ok\\n";
        }
    }
}
"""

_HEADERS = """\
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Host $http_host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;"""

_TLS = """\
# With a certificate, mounted at /etc/nginx/tls in the overlay, whose ports then are 80 and 443:
#
# server {
#     listen 443 ssl default_server reuseport;
#     ssl_certificate /etc/nginx/tls/fullchain.pem;
#     ssl_certificate_key /etc/nginx/tls/privkey.pem;
#     (the locations from above; the server on port 80 keeps `return 301 https://$host$request_uri;`)
# }
"""


def site(parts: Cast, listens: Mapping[int, str]) -> str:
    """Return the site: a server on port 80, and one for each further port."""
    routes = parts.routes.locations
    locations = [one for one in routes if not one.host]
    locations = locations or [Location(("/",), services=(parts.main,))]
    if not any(one.match == ("/",) for one in locations):
        own = parts.replaced if parts.routes.own else parts.main
        locations.append(Location(("/",), services=(own,)))
    lines = [
        "# What this app answers. `proxy_pass http://NAME;` sends to the service of that name.",
        "",
        *_shared((*locations, *routes)),
        "server {",
        "    listen 80 default_server reuseport;  # two nginx share the port while one is replaced",
        "    server_name _;",
    ]
    for one in locations:
        lines += ["", *_location(one, parts)]
    lines += ["}", ""]
    for host in dict.fromkeys(one.host for one in routes if one.host):
        lines += _server("80", host, [one for one in routes if one.host == host], parts)
    for host, service in parts.hosts.items():
        lines += _server("80", host, [Location(("/",), services=(service,))], parts)
    for port, service in listens.items():
        whole = [Location(("/",), services=(service,))]
        lines += _server(f"{port} default_server reuseport", "_", whole, parts)
    return "\n".join([*lines, _TLS])


def _server(listen: str, name: str, locations: Iterable[Location], parts: Cast) -> Iterator[str]:
    yield "server {"
    yield f"    listen {listen};"
    yield f"    server_name {name};"
    for one in locations:
        yield ""
        yield from _location(one, parts)
    yield "}"
    yield ""


def _location(one: Location, parts: Cast) -> Iterator[str]:
    yield f"    location {' '.join(one.match)} {{"
    for directive in one.directives:
        yield directive.text(2)
    if any(each.words[0] == "proxy_set_header" for each in one.directives):
        yield _HEADERS
    says = {each.words[0] for each in one.directives}
    if one.services:
        yield f"        proxy_pass http://{_name(one.services)}{one.uri};"
    elif not says:
        yield f"        proxy_pass http://{parts.replaced};"
    yield "    }"


def _name(services: Sequence[str]) -> str:
    return services[0] if len(services) == 1 else f"${'_or_'.join(map(_word, services))}"


def _word(name: str) -> str:
    return name.replace("-", "_").replace(".", "_")


def _shared(locations: Iterable[Location]) -> Iterator[str]:
    """Share requests between services that one location sends to, as their upstream did."""
    for services in sorted({one.services for one in locations if len(one.services) > 1}):
        yield f"split_clients $request_id {_name(services)} {{"
        share = 100 // len(services)
        for service in services[:-1]:
            yield f"    {share}% {service};"
        yield f"    * {services[-1]};"
        yield "}"
        yield ""
