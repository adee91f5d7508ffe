"""The start with an app, as the real `docker compose config` sees it; no engine is asked."""

import shutil
from pathlib import Path

import pytest
import yaml

from deploy.backup.keys import write_pair
from deploy.errors import ComposeError, SettingsError
from deploy.init.like import LIKE
from deploy.secrets.env_file import create
from deploy.wiring import open_app
from deploy.wiring.init import Begun, begin, begin_like, compose_file, write

COMPOSE = """\
services:
  web:
    build: .
    ports: ["${PORT}:3000"]
    env_file: .env
    depends_on: [db]
    volumes: [".:/app"]
  db:
    image: postgres:15
    environment: { POSTGRES_PASSWORD: "${DB_PASSWORD:?set it}" }
    volumes: ["${DATA_DIR}:/var/lib/postgresql/data"]
  adminer: { image: adminer, ports: ["8080:8080"] }
"""


@pytest.fixture(autouse=True)
def _no_ambient_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEPLOY_ENV", "DEPLOY_APP", "TAG", "PORT", "DB_PASSWORD", "REGISTRY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "My Shop"
    found.mkdir()
    (found / "compose.yml").write_text(COMPOSE)
    (found / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY . .\n")
    return found


def told(begun: Begun) -> str:
    return "\n".join(one.what for one in begun.choices)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_what_is_written_can_be_read_and_what_was_there_stays(folder: Path) -> None:
    before = files(folder)

    begun = begin(folder, "")
    app = open_app(None, "staging", folder)
    assert app.environment.env_file
    create(app.environment.env_file)
    services = app.blueprint("v1").document["services"]

    assert begun.app == "my-shop"
    assert before.items() <= files(folder).items()
    assert set(services) == {"adminer", "db", "nginx", "web"}
    assert services["web"]["image"] == "registry.sandbox:5000/my-shop/web:v1"
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_env_files_are_in_no_image_and_in_no_repository(folder: Path) -> None:
    begin(folder, "shop")

    assert (folder / ".dockerignore").read_text() == "slipway/\n.sandbox/\n"
    assert ".env.*" in (folder / "slipway/.gitignore").read_text()
    shutil.rmtree(folder / "slipway")
    (folder / "deploy.toml").unlink()
    (folder / ".dockerignore").write_text("node_modules\n")
    assert "add slipway/ and .sandbox/ to .dockerignore" in told(begin(folder, "shop"))


SPELLING = """\
  migrate:
    build: .
    command: [migrate, -database, "postgres://app:${DB_PASSWORD}@db/app", up]
  worker: { build: ., command: "watch --login ${MY_PW}" }
  proxy:
    image: nginx:1.25
    ports: ["80:80"]
    environment: { API_TOKEN: "${API_TOKEN}", WEB: "web:3000" }
    volumes: ["./nginx.template:/etc/nginx/templates/default.conf.template"]
"""
TEMPLATE = """\
server {
    location / { proxy_pass http://${WEB}; proxy_set_header X-Token ${API_TOKEN}; expires 1d; }
    location /${API_TOKEN}/ { proxy_pass http://web:3000; }
}
"""


def test_a_folder_called_db_is_data_unless_it_has_source(folder: Path) -> None:
    (folder / "compose.yml").write_text(
        "services: { web: { build: ., ports: ['80:80'], volumes: ['./db:/app/db'] } }\n"
    )
    (folder / "db").mkdir()
    (folder / "db/shop.sqlite3").touch()
    assert "web: ./db:/app/db stays mounted" in told(begin(folder, "shop"))

    (folder / "db/models.py").touch()
    (folder / "deploy.toml").unlink()
    assert "web: ./db:/app/db not mounted" in told(begin(folder, "shop"))


def test_private_values_decide_where_none_of_them_is_written(folder: Path) -> None:
    (folder / ".env").write_text("DB_IMAGE=postgres:15\nOUT=8123\nPAUSE=7s\nMY_PW=8124\n")
    (folder / "compose.yml").write_text("""\
services:
  api: { build: ., ports: ["80:3000"] }
  db: { image: "${DB_IMAGE}", healthcheck: { test: "a ${MY_PW}", interval: "${PAUSE}" } }
  web: { build: ., ports: ["${OUT}:3000"], command: "a ${MY_PW}" }
  zoo: { image: httpd, ports: ["${OUT}:80"] }
""")

    begun = begin(folder, "shop")
    assert "db: has no named volume" in told(begun)
    assert "zoo: HTTP on 80, behind port 8123 of nginx" in told(begun)
    written = "".join(path.read_text() for path in begun.written)
    assert "postgres:15" not in written
    assert "8124" not in written


@pytest.fixture
def below(folder: Path) -> Path:
    """A folder in a repository, in which the Compose file is to be."""
    (folder / "compose.yml").unlink()
    (folder / ".git").mkdir()
    found = folder / "deploy"
    found.mkdir()
    return found


@pytest.mark.parametrize(
    "build",
    ["context: ..", "context: web, additional_contexts: { all: .., base: 'docker-image://a' }"],
)
def test_env_files_and_keys_are_in_no_image_of_a_folder_above(
    folder: Path, below: Path, build: str
) -> None:
    (below / "web").mkdir()
    (below / "compose.yaml").write_text(f"services: {{ web: {{ build: {{ {build} }} }} }}\n")

    begun = begin(below, "shop")
    assert (folder / ".dockerignore").read_text() == "deploy/slipway/\n.sandbox/\n"
    assert "images are built without deploy/slipway/" in told(begun)

    for text, missing in [
        ("*\n!src\n", ""),
        ("*\n!deploy\n", "deploy/slipway/"),
        ("**/slipway\n", ".sandbox/"),
    ]:
        (below / "deploy.toml").unlink()
        (folder / ".dockerignore").write_text(text)
        said = told(begin(below, "shop"))
        assert (f"add {missing} to ../.dockerignore" in said) == bool(missing)
        assert ("to ../.dockerignore" in said) == bool(missing)


def test_a_dockerignore_of_the_dockerfile_goes_first(folder: Path, below: Path) -> None:
    (below / "compose.yaml").write_text("services: { web: { build: { context: .. } } }\n")
    (folder / "Dockerfile.dockerignore").write_text("node_modules\n")
    added = "add deploy/slipway/ and .sandbox/ to ../Dockerfile.dockerignore"
    assert added in told(begin(below, "shop"))


def test_no_secret_of_theirs_is_copied(folder: Path) -> None:
    values = {"DB_PASSWORD": "hunter2", "API_TOKEN": "a-b-c", "MY_PW": "letmein"}
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    (folder / ".env").write_text(f"{lines}MODE=quiet\nURL=http://a:b@c\n")
    (folder / "compose.yml").write_text(COMPOSE + SPELLING)
    (folder / "nginx.template").write_text(TEMPLATE)

    begun = begin(folder, "shop")
    for path in begun.written:
        assert not [one for one in values.values() if one in path.read_text()], path
    assert "postgres://app:${DB_PASSWORD}@db/app" in (folder / "deploy.toml").read_text()
    assert "`watch --login ${MY_PW}` stays" in (folder / "compose.slipway.yaml").read_text()
    site = (folder / "slipway/site.conf").read_text()
    assert "location / {\n        expires 1d;\n        proxy_pass http://web;" in site
    dropped = "location /$API_TOKEN/, proxy_set_header X-Token $API_TOKEN"
    assert f"of proxy not taken over: {dropped}" in told(begun)
    example = (folder / "slipway/.env.example").read_text()

    assert "# generate\nDB_PASSWORD=\n" in example
    assert "# generate\nAPI_TOKEN=\n" in example
    assert "\nMODE=quiet\n" in example
    assert "\nURL=\n" in example


def test_a_folder_named_in_a_private_env_file_is_looked_at_and_stays_a_variable(
    folder: Path,
) -> None:
    (folder / ".env").write_text("WEB_DIR=site\nINIT_DIR=./sql\n")
    for name in ("site", "sql"):
        (folder / name).mkdir()
    (folder / "site/Dockerfile").write_text("FROM python\nEXPOSE 7000\n")
    (folder / "sql/one.sql").touch()
    (folder / "compose.yml").write_text("""\
services:
  web: { build: "${WEB_DIR}" }
  db: { image: "postgres:15", volumes: ["${INIT_DIR}:/docker-entrypoint-initdb.d"] }
""")

    assert "web: HTTP on 7000" in told(begin(folder, "shop"))
    text = (folder / "compose.slipway.yaml").read_text()
    assert '["${INIT_DIR}:/docker-entrypoint-initdb.d:ro"]' in text


def test_what_is_there_is_left_as_it_is(folder: Path) -> None:
    (folder / "tasks.py").write_text("# theirs")

    begun = begin(folder, "shop")

    assert (folder / "tasks.py").read_text() == "# theirs"
    assert begun.stayed == (folder / "tasks.py",)


def test_what_other_files_bring_is_known_as_well(folder: Path) -> None:
    (folder / "compose.yml").write_text("""\
include: [inner/more.yaml]
services:
  web: { extends: { file: base.yaml, service: base }, ports: ["80:3000"] }
""")
    (folder / "base.yaml").write_text(
        "services: { base: { build: ., env_file: web.env, environment: { A: '${OUTER}' } } }\n"
    )
    (folder / "web.env").write_text("WEB_TOKEN=hunter2\n")
    (folder / "inner").mkdir()
    (folder / "inner/more.yaml").write_text("""\
services:
  worker: { image: "w:${INNER?}", command: "run ${MORE}", env_file: worker.env, networks: [n] }
networks: { n: { name: "${NET_NAME}" } }
""")
    (folder / "inner/worker.env").write_text("WORKER_TOKEN=letmein\n")
    (folder / "inner/.env").write_text("MORE=abc-private\nINNER=1\n")

    begun = begin(folder, "shop")
    written = "".join(path.read_text() for path in begun.written)
    example = (folder / "slipway/.env.example").read_text()
    for name in ("WEB_TOKEN", "WORKER_TOKEN", "OUTER", "INNER", "MORE", "NET_NAME"):
        assert f"\n{name}=" in example
    assert (folder / "compose.slipway.yaml").read_text().count("env_file: !reset []") == 2
    assert not any(value in written for value in ("hunter2", "letmein", "abc-private"))


def test_what_may_not_be_looked_at_is_left_alone(folder: Path) -> None:
    (folder / ".env").write_bytes(b"DB_USER=\xff\n")
    (folder / "pgdata").mkdir(mode=0)
    nowhere = "n" * 300  # no file system has such a name: even root is refused
    mounts = f'["./pgdata:/var/lib/data", "./{nowhere}:/etc/nginx/{nowhere}"]'
    (folder / "compose.yml").write_text(
        f"services: {{ web: {{ image: nginx, ports: ['80:80'], volumes: {mounts},"
        f" env_file: ./{nowhere} }} }}\n"
    )

    assert "web: HTTP on 80" in told(begin(folder, "shop"))
    (folder / "deploy.toml").unlink()
    (folder / "compose.yml").write_bytes(b"\xff")
    with pytest.raises(ComposeError, match="it cannot be read"):
        begin(folder, "shop")


def test_an_app_begins_once(folder: Path) -> None:
    begin(folder, "shop")

    with pytest.raises(SettingsError, match="this app has begun"):
        begin(folder, "shop")


def test_in_a_larger_repository_the_workflow_has_the_name_of_the_app(folder: Path) -> None:
    top = folder.parent
    (top / ".git").mkdir()

    begin(folder, "shop")

    assert (top / "tasks.py").is_file()
    text = (top / ".github/workflows/deploy-shop.yml").read_text()
    deploy = yaml.safe_load(text)["jobs"]["deploy"]
    assert deploy["steps"][-1]["working-directory"] == "My Shop"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("services:\n  web: [\n", ComposeError, r"compose.yml:3: it is no YAML"),
        ("services: {}\n", ComposeError, "no services"),
        ("- a\n", ComposeError, "no services"),
        ("services:\n  web: { ports: 3 }\n", ComposeError, "ports"),
        ("services:\n  web: { image: a, depends_on: [gone] }\n", ComposeError, "gone"),
    ],
)
def test_a_bad_compose_file_is_refused_and_nothing_is_written(
    folder: Path, text: str, error: type[Exception], words: str
) -> None:
    (folder / "compose.yml").write_text(text)
    before = files(folder)

    with pytest.raises(error, match=words):
        begin(folder, "shop")
    assert files(folder) == before


def test_what_is_for_this_machine_and_what_is_not_active_is_said(folder: Path) -> None:
    (folder / "compose.override.yml").write_text("services: { web: { environment: { A: b } } }")
    (folder / "compose.yml").write_text(f"{COMPOSE}  seed: {{ image: a, profiles: [once] }}\n")

    begun = begin(folder, "shop")
    app = open_app(None, "staging", folder)

    assert [file.name for file in app.settings.dev.compose] == [
        "compose.yml",
        "compose.override.yml",
    ]
    assert "seed: not deployed" in told(begun)
    assert "compose.override.yml: for `inv up` alone" in told(begun)


def test_flags_are_judged(folder: Path) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        compose_file(folder / "elsewhere")
    with pytest.raises(SettingsError, match="there is no .*other.yaml"):
        compose_file(folder, "other.yaml")
    for name in ("docker/compose.yaml", "../compose.yaml", "/compose.yaml"):
        with pytest.raises(SettingsError, match="name that folder: --folder"):
            compose_file(folder, name)
    assert compose_file(folder, "./compose.yml") == folder / "compose.yml"
    with pytest.raises(SettingsError, match="is no name"):
        begin(folder, "My Shop")
    with pytest.raises(SettingsError, match="is none of them"):
        begin_like(folder, "", "loc9")
    with pytest.raises(SettingsError, match="this is Slipway itself"):
        begin_like(Path(__file__).resolve().parents[3], "shop", "loc8")


def test_all_is_written_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wanted = {tmp_path / "new" / "a": b"a", tmp_path / "file" / "b": b"b"}

    with pytest.raises(SettingsError, match="nothing was written"):
        write(wanted)
    assert set(files(tmp_path)) == {"file"}
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("overlays", [(), ("monitoring",)], ids=["plain", "monitored"])
@pytest.mark.parametrize("like", LIKE)
def test_a_start_like_an_example_can_be_read(
    tmp_path: Path, like: str, overlays: tuple[str, ...]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".sandbox").mkdir()
    pair = write_pair(tmp_path / ".sandbox" / "backup.key")
    (tmp_path / ".sandbox" / "backup.pub").write_text(pair.public)
    folder = tmp_path / "inside"
    folder.mkdir()
    begun = begin_like(folder, "mine", like)
    for name in overlays:
        add_overlay(folder / "deploy.toml", name)
    app = open_app(None, "staging", folder)
    assert app.environment.env_file
    create(app.environment.env_file)
    document = app.blueprint("v1").document

    assert "backend/ is the example's" in told(begun)
    assert ("nginx wants a certificate" in told(begun)) == (like == "training-club")
    assert "nox" not in (folder / "deploy.toml").read_text()
    built = {name: one for name, one in document["services"].items() if one.get("build")}
    assert {"backend", "frontend"} <= set(built)
    for service in built.values():
        assert "/mine" in service["image"]
        assert (Path(service["build"]["context"]) / "Dockerfile").is_file()
    mounts = [m for one in document["services"].values() for m in one.get("volumes", ())]
    ours = [m["source"] for m in mounts if str(m.get("source")).startswith(str(folder))]
    assert ours
    assert all(Path(place).exists() for place in ours)
    assert {m["source"] for m in mounts if m["target"] == "/textfile"} == (
        {"/opt/mine/metrics"} if overlays else set()
    )


def add_overlay(settings: Path, name: str) -> None:
    text = settings.read_text()
    last = '.yaml"]\nenv_file = ".env.staging"'
    assert last in text
    settings.write_text(text.replace(last, f'.yaml", "compose.{name}{last}'))


def test_source_of_ones_own_takes_the_place_of_an_example_s(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()

    begun = begin_like(tmp_path, "mine", "loc8")

    assert not list((tmp_path / "backend").iterdir())
    assert "backend/ stays as it is" in told(begun)
