"""What is taken over of another nginx's configuration."""

from init.strangers import built, drafted, port, service, told, volume

from deploy.init.nginx_conf import read_routes

SITE = """
upstream app { server web:5000; keepalive 8; }
server { listen 80; return 301 https://$host$request_uri; }
server {
    listen 443 ssl;  # a comment; with { braces }
    location / { proxy_pass http://app; proxy_set_header Host $host; proxy_cache zone; }
    location ~ ^/v(1|2)/ { proxy_pass http://${API}; proxy_read_timeout 1h; }
    location /static/ { alias /srv/static/; expires 30d; }
    location = /ping { return 204; }
    location /elsewhere { proxy_pass https://example.com; }
}
"""


def test_locations_go_to_the_services_that_they_went_to() -> None:
    routes = read_routes(SITE, ["web", "api"], {"API": "api:8000"}, ["/srv/static"])

    assert [(" ".join(one.match), one.services) for one in routes.locations] == [
        ("/", ("web",)),
        ("~ ^/v(1|2)/", ("api",)),
        ("/static/", ()),
        ("= /ping", ()),
    ]
    assert routes.ports == {"web": 5000, "api": 8000}
    assert routes.dropped == ("proxy_cache", "proxy_pass https://example.com")
    assert not routes.own


def test_files_that_only_that_nginx_has_keep_it_there() -> None:
    text = "server { root /usr/share/nginx/html; location /api/ { proxy_pass http://api:80/; } }"
    routes = read_routes(text, ["api"], {})

    assert routes.own
    assert [(one.match, one.services, one.uri) for one in routes.locations] == [
        (("/api/",), ("api",), "/"),
        (("/",), (), ""),
    ]


def test_without_a_service_behind_it_is_no_proxy() -> None:
    assert not read_routes("server { location / { root /srv; } }", ["web"], {}).locations


def test_the_proxy_is_left_out_and_its_volumes_are_served() -> None:
    made = drafted(
        {
            "api": built("api"),
            "nginx": service(
                image="nginx:1.25",
                ports=[port(80, 1337)],
                volumes=[volume("static", "/srv/static")],
                environment={"API": "api:8000"},
            ),
            "web": built("web"),
        },
        nginx={"nginx": SITE},
    )
    layered, site = made.files["compose.slipway.yaml"], made.files["slipway/site.conf"]

    assert layered.count("profiles: [left-out]") == 1
    assert "# left out: Slipway's nginx takes its place" in layered
    assert "  entrance:\n" in layered
    assert "- static:/srv/static:ro" in layered
    assert "alias /srv/static/;" in site
    assert "proxy_read_timeout 1h;" in site
    assert "proxy_cache" not in site
    assert "not taken over: proxy_cache" in told(made)


def test_an_upstream_of_several_services_is_shared() -> None:
    text = "upstream all { server one:80; server two:80; }"
    text += "server { location / { proxy_pass http://all; } }"
    made = drafted(
        {"lb": service(image="nginx", ports=[port(80, 80)]), "one": built("a"), "two": built("a")},
        nginx={"lb": text},
    )

    site = made.files["slipway/site.conf"]
    assert "split_clients $request_id $one_or_two {\n    50% one;\n    * two;\n}" in site
    assert "proxy_pass http://$one_or_two;" in site


def test_caddy_and_traefik_are_left_out_with_their_paths() -> None:
    caddy = ":80 {\n  handle /api/* {\n    reverse_proxy api:8000\n  }\n  reverse_proxy web:3000\n}"
    labels = {
        "traefik.http.routers.api.rule": "Host(`x.org`) && PathPrefix(`/api/`)",
        "traefik.http.services.api.loadbalancer.server.port": "8000",
    }
    web = {"traefik.http.services.web.loadbalancer.server.port": "3000"}
    by_caddy = drafted(
        {
            "api": built("a"),
            "caddy": service(image="caddy:2", ports=[port(80, 80)]),
            "web": built("w"),
        },
        caddy={"caddy": caddy},
    )
    by_traefik = drafted(
        {
            "api": built("a", labels=labels),
            "traefik": service(image="traefik:v3", ports=[port(80, 80)]),
            "web": built("w", labels=web),
        },
    )

    for made in (by_caddy, by_traefik):
        site = made.files["slipway/site.conf"]
        assert "location /api/ {\n        proxy_pass http://api;" in site
        assert "location / {\n        proxy_pass http://web;" in site
        assert "profiles: [left-out]" in made.files["compose.slipway.yaml"]


def test_a_name_of_traefik_becomes_a_server() -> None:
    rule = {"traefik.http.routers.admin.rule": "Host(`admin.shop.org`)"}
    number = {"traefik.http.services.admin.loadbalancer.server.port": "9000"}
    made = drafted(
        {
            "admin": built("a", labels={**rule, **number}),
            "traefik": service(image="traefik:v3", ports=[port(80, 80)]),
            "web": built("w", ports=[port(3000, 3000)]),
        }
    )

    named = made.files["slipway/site.conf"].split("server {")[2]
    assert "server_name admin.shop.org;" in named
    assert "proxy_pass http://admin;" in named
    assert "by the name admin.shop.org" in told(made)
