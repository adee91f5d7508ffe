"""What is taken over of another Caddy's configuration."""

from deploy.init.caddyfile import read_caddyfile

SITES = """
{
    email me@shop.org
}
shop.org, www.shop.org {
    encode gzip  # a comment
    handle_path /api/* {
        reverse_proxy api:8000 {
            header_up X-A b
        }
    }
    handle @mobile {
        reverse_proxy api:1
    }
    reverse_proxy one:3000 two:3000
}
https://admin.shop.org {
    basic_auth {
        bob $2a$14$hash
    }
    reverse_proxy admin:9000
}
"""


def test_each_site_goes_to_its_services_and_the_rest_is_named() -> None:
    routes = read_caddyfile(SITES, ["api", "one", "two", "admin"])

    assert [(one.host, one.match, one.services, one.uri) for one in routes.locations] == [
        ("", ("/api/",), ("api",), "/"),
        ("", ("/",), ("one", "two"), ""),
        ("admin.shop.org", ("/",), ("admin",), ""),
    ]
    assert routes.ports == {"api": 8000, "one": 3000, "two": 3000, "admin": 9000}
    named = "basic_auth, encode, handle @mobile, header_up, reverse_proxy api:1"
    assert ", ".join(routes.dropped) == named


def test_one_site_needs_no_braces() -> None:
    routes = read_caddyfile(
        "localhost\nreverse_proxy /api/* api:1\nreverse_proxy web:2\n", ["api", "web"]
    )

    assert [(one.host, one.match, one.services) for one in routes.locations] == [
        ("", ("/api/",), ("api",)),
        ("", ("/",), ("web",)),
    ]


def test_two_services_at_one_place_are_one_too_many() -> None:
    routes = read_caddyfile(
        ":80 {\n reverse_proxy a:1\n}\n:81 {\n reverse_proxy b:2\n}", ["a", "b"]
    )

    assert routes.ports == {"a": 1}
    assert routes.dropped == ("/ to b",)
    assert not read_caddyfile("shop.org {\n respond ok\n}", ["a"]).locations
