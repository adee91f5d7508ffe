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


HOSTS = """
client_max_body_size 1g;
gzip on;
server { listen 80; server_name shop.org admin.shop.org; return 301 https://$host$request_uri; }
server {
    listen 443 ssl;
    server_name shop.org;
    location / { proxy_pass http://web:3000; }
    location = /twice { proxy_pass http://web:3000; }
}
server {
    listen 443 ssl;
    server_name admin.shop.org;
    auth_basic "staff";
    auth_basic_user_file /secret/htpasswd;
    allow 10.0.0.0/8;
    deny all;
    limit_rate 1k;
    location / { proxy_pass http://admin:9000; client_max_body_size 2g; }
    location /open { allow all; proxy_pass http://admin:9000; }
}
server { listen 443; server_name old.shop.org; return 410; }
server { listen 443; server_name shop.org; location = /twice { proxy_pass http://admin:9000; } }
"""


def test_each_name_has_its_locations_with_what_its_server_says() -> None:
    routes = read_routes(HOSTS, ["web", "admin"], {}, ["/secret"])

    assert [(one.host, " ".join(one.match), one.services) for one in routes.locations] == [
        ("", "/", ("web",)),
        ("", "= /twice", ("web",)),
        ("admin.shop.org", "/", ("admin",)),
        ("admin.shop.org", "/open", ("admin",)),
    ]
    said = [[one.text(0) for one in location.directives] for location in routes.locations[1:]]
    login = ['auth_basic "staff";', "auth_basic_user_file /secret/htpasswd;"]
    assert said == [
        ["client_max_body_size 1g;"],
        ["client_max_body_size 2g;", *login, "allow 10.0.0.0/8;", "deny all;"],
        ["allow all;", *login, "client_max_body_size 1g;"],
    ]
    assert routes.dropped == ("gzip", "limit_rate", "location = /twice to admin", "return 410")


def test_a_login_whose_file_is_in_the_image_is_named() -> None:
    routes = read_routes(HOSTS, ["web", "admin"], {})

    assert {"auth_basic", "auth_basic_user_file"} <= set(routes.dropped)
    assert not any("auth" in str(one.directives) for one in routes.locations)


def test_names_become_servers_with_the_files_of_their_logins() -> None:
    made = drafted(
        {
            "admin": built("a"),
            "nginx": service(
                image="nginx", ports=[port(80, 80)], volumes=[volume("logins", "/secret")]
            ),
            "web": built("w"),
        },
        nginx={"nginx": HOSTS},
    )

    first, second = made.files["slipway/site.conf"].split("server {")[1:3]
    assert "server_name _;" in first
    assert "proxy_pass http://web;" in first
    assert "server_name admin.shop.org;" in second
    assert "proxy_pass http://admin;" in second
    assert "admin: HTTP on 9000, by the name admin.shop.org" in told(made)
    assert "logins and addresses of nginx are asked for" not in told(made)
    assert "- logins:/secret:ro" in made.files["compose.slipway.yaml"]


def test_names_that_must_not_be_told_are_needed_for_a_second_server_alone() -> None:
    text = """
server { server_name ${NAME}; location / { proxy_pass http://a:1; } }
server { server_name b.${NAME}; location / { proxy_pass http://b:1; } }
"""
    routes = read_routes(text, ["a", "b"], {"NAME": None})

    assert [(one.host, one.services) for one in routes.locations] == [("", ("a",))]
    assert routes.ports == {"a": 1}
    assert routes.dropped == ("server_name b.$NAME",)


def test_a_login_in_front_of_the_url_is_told() -> None:
    text = "server { deny all; location / { proxy_pass http://web; } }"
    proxy = service(image="nginx", ports=[port(80, 80)])
    made = drafted({"nginx": proxy, "web": built("w")}, nginx={"nginx": text})

    assert "logins and addresses of nginx are asked for, as they were: `url` must" in told(made)


def test_a_server_for_all_names_is_the_one_without_a_name() -> None:
    text = """
server { server_name a.org; location / { proxy_pass http://a:1; } }
server { server_name _; location / { proxy_pass http://b:1; } }
server { server_name a.org; location /.well-known/ { root /acme; } }
"""
    routes = read_routes(text, ["a", "b"], {}, ["/acme"])

    assert {(one.host, one.match, one.services) for one in routes.locations} == {
        ("a.org", ("/",), ("a",)),
        ("", ("/",), ("b",)),
        ("a.org", ("/.well-known/",), ()),
    }


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


def test_middlewares_and_names_of_traefik_are_not_lost() -> None:
    def labels(name: str, host: str) -> dict[str, str]:
        rule = f"Host(`{host}`) && PathPrefix(`/`)"
        return {
            f"traefik.http.routers.{name}.rule": rule,
            f"traefik.http.services.{name}.loadbalancer.server.port": "80",
            f"traefik.http.middlewares.{name}-only.basicauth.users": "me:x",
        }

    made = drafted(
        {
            "admin": built("a", labels=labels("admin", "admin.org")),
            "traefik": service(image="traefik:v3", ports=[port(80, 80)]),
            "web": built("w", labels=labels("web", "shop.org")),
        }
    )

    first, second = made.files["slipway/site.conf"].split("server {")[1:3]
    assert "http://web;" in first
    assert "server_name admin.org;" in second
    assert "http://admin;" in second
    assert "not taken over: middleware admin-only (basicauth)" in told(made)


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
