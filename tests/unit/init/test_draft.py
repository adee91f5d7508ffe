"""What an app gets to begin with: the overlay, the site, deploy.toml, and the words for it."""

import tomllib
from typing import Any

import pytest
import yaml
from init.strangers import bind, built, drafted, port, service, told, volume

from deploy.errors import ComposeError
from deploy.init import Draft

POSTGRES = service(image="postgres:15", volumes=[volume("data", "/var/lib/postgresql/data")])
ON = "${PUBLISH_ON-0.0.0.0}"
SHELL = "FROM python:3.11-slim\nCOPY . .\n"


def overlay(made: Draft) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        pass

    def construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
        if isinstance(node, yaml.SequenceNode):
            return (suffix, loader.construct_sequence(node, deep=True))
        if isinstance(node, yaml.MappingNode):
            return (suffix, loader.construct_mapping(node, deep=True))
        return (suffix, None)

    Loader.add_multi_constructor("!", construct)
    text = made.files["compose.slipway.yaml"]
    found: dict[str, Any] = yaml.load(text, Loader=Loader)  # noqa: S506 - it is a SafeLoader
    return dict(found["services"])


def test_a_web_service_goes_behind_nginx_and_rolls() -> None:
    made = drafted({"web": built(ports=[port(3000, 8080)], container_name="shop")})
    services = overlay(made)

    assert services["web"] == {
        "image": "${REGISTRY:-registry.sandbox:5000}/shop/web:${TAG:-dev}",
        "ports": ("reset", []),
        "expose": ["3000"],
        "container_name": ("reset", None),
        "deploy": {"update_config": {"order": "start-first", "parallelism": 0, "monitor": "3s"}},
    }
    assert services["nginx"]["ports"] == [f"{ON}:${{HTTP_PORT:-80}}:80"]
    assert "proxy_pass http://web;" in made.files["slipway/site.conf"]


def test_deploy_toml_reads_both_files_and_goes_to_the_sandbox() -> None:
    made = drafted({"web": built(ports=[port(3000, 8080)])}, health={"web": "/healthz"})
    settings = tomllib.loads(made.files["deploy.toml"])

    assert settings["compose"] == ["compose.yaml", "compose.slipway.yaml"]
    assert settings["dev"]["compose"] == ["compose.yaml"]
    assert settings["environments"]["staging"] == {
        "hosts": ["deploy@staging.sandbox"],
        "env_file": "slipway/.env.staging",
        "url": "http://staging.sandbox/healthz",
    }


def test_every_other_published_service_keeps_its_port() -> None:
    made = drafted(
        {
            "api": built("api", ports=[port(8000, 8000)]),
            "frontend": built("frontend", ports=[port(3000, 3000)]),
            "old": built("old", ports=[port(80, 80), port(9229, 9229)]),
        }
    )
    site = made.files["slipway/site.conf"]

    published = overlay(made)["nginx"]["ports"]
    assert published == [f"{ON}:${{HTTP_PORT:-80}}:80", f"{ON}:8000:8000", f"{ON}:8080:8080"]
    first, second, third = site.split("server {")[1:4]
    assert "listen 80 " in first
    assert "http://frontend;" in first
    assert "listen 8000 " in second
    assert "http://api;" in second
    assert "listen 8080 " in third
    assert "http://old;" in third
    assert "old: 9229 not published" in told(made)


def test_a_second_port_that_may_speak_http_is_named() -> None:
    made = drafted({"store": built(ports=[port(9000, 9000), port(9001, 9001), port(9229, 9229)])})

    assert overlay(made)["store"]["ports"] == ("reset", [])
    assert "store: 9001 not published: nginx sends to 9000" in told(made)
    assert "store: 9229 not published: it is for debuggers" in told(made)


def test_databases_and_tools_are_not_for_the_world() -> None:
    made = drafted(
        {
            "adminer": service(image="adminer", ports=[port(8080, 8080)]),
            "db": {**POSTGRES, "ports": [port(5432, 5432)]},
            "web": built(ports=[port(80, 80)]),
        }
    )
    services = overlay(made)

    assert services["db"]["ports"] == ("reset", [])
    assert "pg_isready" in str(services["db"])
    assert services["adminer"] == {"ports": ("reset", [])}
    assert "its data stays in data" in told(made)


def test_source_that_is_mounted_over_the_image_stays_at_home() -> None:
    mounts = [
        bind("web", "/app"),
        {"type": "volume", "target": "/app/node_modules"},
        bind("web/uploads", "/app/uploads"),
        volume("cache", "/cache"),
    ]
    made = drafted({"web": built(ports=[port(3000, 3000)], volumes=mounts)})

    kept = overlay(made)["web"]["volumes"]
    assert kept == ("override", ["./web/uploads:/app/uploads", "cache:/cache"])
    assert "./web:/app not mounted" in told(made)


def test_configuration_that_is_mounted_writable_travels_with_the_release() -> None:
    mounts = [
        bind("init", "/docker-entrypoint-initdb.d"),
        volume("data", "/var/lib/postgresql/data"),
    ]
    made = drafted(
        {"db": service(image="postgres:15", volumes=mounts), "web": built(ports=[port(80, 80)])},
        full_folders=frozenset(["/home/me/shop/init"]),
    )

    kept = overlay(made)["db"]["volumes"]
    assert kept == (
        "override",
        ["./init:/docker-entrypoint-initdb.d:ro", "data:/var/lib/postgresql/data"],
    )


def test_what_one_line_cannot_say_of_a_mount_stays() -> None:
    kinds = [
        {"type": "tmpfs", "target": "/app/tmp", "tmpfs": {"size": "1048576"}},
        {**volume("all", "/all"), "volume": {"subpath": "one"}},
        {**bind("web/uploads", "/app/uploads"), "bind": {"create_host_path": True, "selinux": "z"}},
        {**volume("pages", "/pages"), "volume": {}},
        {**bind("web/data", "/app/data"), "bind": {"create_host_path": True}},
    ]
    mounts = [bind("web", "/app"), *kinds]
    made = drafted({"web": built(ports=[port(3000, 3000)], volumes=mounts)})

    assert overlay(made)["web"]["volumes"] == (
        "override",
        [
            kinds[0],
            kinds[1],
            {**kinds[2], "source": "./web/uploads"},
            "pages:/pages",
            "./web/data:/app/data",
        ],
    )


def test_what_lies_beside_the_app_in_its_repository_is_named_from_there() -> None:
    places = {
        "/docker-entrypoint-initdb.d": "/home/me/db",
        "/elsewhere": "/home/elsewhere",
        "/hidden": "/home/me/shop/.hidden",
    }
    mounts = [{"type": "bind", "source": own, "target": target} for target, own in places.items()]
    made = drafted(
        {"db": service(image="postgres:15", volumes=mounts)},
        full_folders=frozenset(["/home/me/db"]),
        inside="shop/",
    )

    assert overlay(made)["db"]["volumes"] == (
        "override",
        [
            "../db:/docker-entrypoint-initdb.d:ro",
            "/home/elsewhere:/elsewhere",
            "./.hidden:/hidden",
        ],
    )


@pytest.mark.parametrize(
    "target",
    [
        "/usr/src/app/uploads",
        "/usr/share/elasticsearch/data",
        "/config",
        "/etc/letsencrypt",
        "/usr/share/nginx/html/media",
    ],
)
def test_what_an_image_writes_is_no_configuration(target: str) -> None:
    mounts = [bind("own", target)]
    made = drafted(
        {"web": service(image="x", ports=[port(80, 80)], volumes=mounts)},
        full_folders=frozenset(["/home/me/shop/own"]),
    )

    assert "volumes" not in overlay(made)["web"]


@pytest.mark.parametrize(
    "target",
    [
        "/docker-entrypoint-initdb.d",
        "/etc/nginx/conf.d",
        "/opt/x/config",
        "/usr/local/etc/php",
        "/usr/share/logstash/pipeline",
        "/usr/share/nginx/html",
    ],
)
def test_configuration_and_pages_travel(target: str) -> None:
    made = drafted(
        {"web": service(image="x", ports=[port(80, 80)], volumes=[bind("db", target)])},
        full_folders=frozenset(["/home/me/shop/db"]),
    )

    assert overlay(made)["web"]["volumes"] == ("override", [f"./db:{target}:ro"])


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("web/instance", "/app/instance"),
        ("web/db", "/app/db"),
        ("web/store", "/app/data"),
        ("web/storage/app", "/app/x"),
    ],
)
def test_data_beside_the_source_stays_mounted(place: str, target: str) -> None:
    mounts = [bind("web/src", "/app/src"), bind(place, target)]
    made = drafted({"web": built(ports=[port(80, 80)], volumes=mounts)})

    assert overlay(made)["web"]["volumes"] == ("override", [f"./{place}:{target}"])
    assert f"web: ./{place}:{target} stays mounted" in told(made)


def test_a_db_with_source_in_it_and_what_lies_below_is_source() -> None:
    mounts = [bind("web/db", "/app/db"), bind("web/db/migrations", "/app/db/migrations")]
    made = drafted(
        {"web": built(ports=[port(80, 80)], volumes=mounts)},
        source_folders=frozenset(["/home/me/shop/web/db"]),
    )

    assert overlay(made)["web"]["volumes"] == ("override", [])


def test_a_worker_is_never_there_twice_unless_a_deploy_would_ask_each_time() -> None:
    made = drafted(
        {
            "beat": built(command=["celery", "beat"]),
            "web": built(ports=[port(80, 80)]),
            "worker": built(command=["celery", "worker"], volumes=[volume("files", "/files")]),
        }
    )
    services = overlay(made)

    assert "deploy" not in services["beat"]
    assert "deploy" in services["worker"]
    assert "beat: stop-first" in told(made)


def test_what_runs_once_becomes_the_migration() -> None:
    done = {"migrate": {"condition": "service_completed_successfully", "required": True}}
    made = drafted(
        {
            "db": POSTGRES,
            "migrate": built(command=["alembic", "upgrade", "head"]),
            "web": built(
                ports=[port(80, 80)], depends_on={**done, "db": {"condition": "service_healthy"}}
            ),
        }
    )
    services = overlay(made)

    assert services["migrate"] == {"profiles": ["left-out"]}
    assert services["web"]["depends_on"] == ("override", {"db": {"condition": "service_healthy"}})
    rollout = tomllib.loads(made.files["deploy.toml"])["rollout"]
    assert rollout == {
        "migrate": {"service": "web", "command": "alembic upgrade head", "timeout": "5m"}
    }


@pytest.mark.parametrize(
    ("dockerfile", "sure"), [(SHELL, True), ("FROM scratch\nCOPY bin /bin\n", False)]
)
def test_a_migration_is_a_comment_where_the_image_may_lack_it(dockerfile: str, sure: bool) -> None:
    made = drafted(
        {"db": POSTGRES, "web": built(ports=[port(80, 80)])},
        migrations={"web": "alembic.ini"},
        dockerfiles={"web": dockerfile},
    )

    assert ("migrate" in tomllib.loads(made.files["deploy.toml"])["rollout"]) is sure
    assert "alembic upgrade head" in made.files["deploy.toml"]


def test_a_health_check_needs_a_shell() -> None:
    web = {"web": built(ports=[port(3000, 3000)])}

    assert ":0BB8 " in str(overlay(drafted(web, dockerfiles={"web": SHELL}))["web"])
    bare = drafted(web, dockerfiles={"web": "FROM gcr.io/distroless/static\n"})
    assert "healthcheck" not in str(overlay(bare)["web"])
    assert "web: no health check" in told(bare)


def test_a_health_check_that_is_there_stays_and_names_the_url() -> None:
    check = {"test": ["CMD", "curl", "-f", "http://localhost:3000/api/health?x=1"]}
    made = drafted({"web": built(ports=[port(3000, 3000)], healthcheck=check)})

    assert "healthcheck" not in str(overlay(made)["web"])
    assert 'url = "http://staging.sandbox/api/health?x=1"' in made.files["deploy.toml"]


def test_an_app_that_keeps_its_data_itself_is_not_run_twice() -> None:
    made = drafted(
        {
            "blog": service(
                image="ghost:5", ports=[port(2368, 80)], volumes=[volume("content", "/content")]
            )
        }
    )

    assert "deploy" not in overlay(made)["blog"]
    assert "blog: recreated in place" in told(made)


def test_env_files_become_variables_of_the_environment() -> None:
    made = drafted(
        {"web": built(ports=[port(80, 80)], environment={"PORT": "80"})},
        env_files={"web": ("SECRET_KEY", "PORT", "MODE")},
    )
    web = overlay(made)["web"]

    assert web["env_file"] == ("reset", [])
    assert web["environment"] == ["SECRET_KEY", "MODE"]


def test_external_networks_and_volumes_are_made_with_the_app() -> None:
    made = drafted(
        {"web": built(ports=[port(80, 80)])},
        top={"volumes": {"files": {"name": "files", "external": True}}},
    )

    assert "volumes:\n  files: !override {}\n" in made.files["compose.slipway.yaml"]


def test_nginx_is_on_a_network_that_reaches_the_world_and_not_the_database() -> None:
    made = drafted(
        {
            "db": {**POSTGRES, "networks": {"back": None}},
            "web": {**built(ports=[port(80, 80)]), "networks": {"back": None, "front": None}},
        },
        top={"networks": {"back": {}, "front": {}}},
    )

    assert overlay(made)["nginx"]["networks"] == ["front"]


def test_without_http_there_is_no_nginx() -> None:
    made = drafted({"bot": built(command=["python", "bot.py"])})

    assert "nginx" not in made.files["compose.slipway.yaml"]
    assert "slipway/site.conf" not in made.files
    assert "url" not in tomllib.loads(made.files["deploy.toml"])["environments"]["staging"]


def test_without_anything_to_add_the_overlay_is_a_mapping_all_the_same() -> None:
    assert overlay(drafted({"game": service(image="game", ports=[port(25565, 25565)])})) == {}


def test_a_service_on_the_host_network_is_refused() -> None:
    with pytest.raises(ComposeError, match="network_mode"):
        drafted({"web": built(ports=[port(80, 80)], network_mode="host")})


def test_the_workflow_is_yaml_and_deploys_from_where_the_app_is() -> None:
    def steps(inside: str) -> list[dict[str, str]]:
        made = drafted({"web": built(ports=[port(80, 80)])}, inside=inside)
        found = yaml.safe_load(made.top[".github/workflows/deploy.yml"])
        deploy = found["jobs"]["deploy"]
        assert deploy["env"].get("DEPLOY_APP") == ("shop" if inside == "compose/shop/" else None)
        result: list[dict[str, str]] = deploy["steps"]
        return result

    assert steps("")[-1]["run"] == 'inv deploy --tag "$GITHUB_SHA" --yes --json'
    assert steps("services/shop/")[-1]["working-directory"] == "services/shop"
    assert "working-directory" not in steps("compose/shop/")[-1]
    assert "compose/shop/slipway/.env.staging" in str(steps("compose/shop/"))
