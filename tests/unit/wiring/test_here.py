"""The app on this machine, as the real `docker compose config` sees it; no engine is asked."""

from pathlib import Path

import pytest
import yaml

from deploy.errors import ComposeError, SettingsError
from deploy.host import Command
from deploy.wiring import Here, open_app, open_here, open_there_or_here

COMPOSE = """\
services:
  web: {image: "web:${TAG:-dev}", environment: {SECRET: "${SECRET?set it}"}}
  db: {image: "postgres:15"}
"""
SETTINGS = '[environments.staging]\nhosts = ["local"]\nenv_file = ".env"\n'


@pytest.fixture(autouse=True)
def _no_ambient_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEPLOY_ENV", "DEPLOY_APP", "TAG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").touch()
    (tmp_path / "deploy.toml").write_text('app = "shop"\n' + SETTINGS)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / ".env").write_text("SECRET=does-not-show\n")
    return tmp_path


def test_without_an_environment_it_is_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    here, there = open_there_or_here("", ""), open_there_or_here("", "staging")
    assert (here.project, there.project) == ("shop-dev", "shop-staging")
    assert isinstance(here, Here)
    monkeypatch.setenv("DEPLOY_ENV", "staging")
    assert open_there_or_here("", "").project == "shop-staging"


def test_its_configuration_shows_no_secret(folder: Path) -> None:
    text = open_here("", folder).config()
    assert "image: web:dev" in text
    assert "SECRET: '***'" in text or "SECRET: ***" in text
    assert "does-not-show" not in text


def test_a_secret_is_hidden_however_it_is_written(folder: Path) -> None:
    (folder / ".env").write_text("SECRET='pa$word'\nMORE_SECRET=\"it's: #1\"\n")
    words = 'command: ["$$HOME", "${MORE_SECRET}"], environment: {SECRET: "${SECRET}"}'
    (folder / "compose.yaml").write_text(f"services: {{web: {{image: web, {words}}}}}\n")

    text = open_here("", folder).config()

    web = yaml.safe_load(text)["services"]["web"]
    assert (web["command"], web["environment"]) == (["$$HOME", "***"], {"SECRET": "***"})
    assert "word" not in text


@pytest.mark.parametrize(
    ("named", "file"),
    [
        ("x-none: 0", ".env"),
        ("env_file: web.env", "web.env"),
        ("env_file: [{path: '${WHOSE}.env', required: true}]", "web.env"),
        ("env_file: '${NOBODY:-web}.env'", "web.env"),
        ("env_file: 'pa$$web.env'", "pa$web.env"),
        ("<<: *common", "common.env"),
        ("extends: {file: base/more.yaml, service: more}", "base/more.env"),
        (
            "x-none: 0}}\ninclude: [{path: [base/more.yaml]}]\nx-more: {more: {x-none: 0",
            "base/more.env",
        ),
    ],
)
def test_the_secrets_of_every_env_file_are_hidden(folder: Path, named: str, file: str) -> None:
    settings = SETTINGS.replace("env_file", "# env_file")
    (folder / "deploy.toml").write_text(f'app = "shop"\n{settings}')
    common = "x-common: &common {env_file: [common.env]}"
    (folder / "compose.yaml").write_text(f"{common}\nservices: {{web: {{image: web, {named}}}}}\n")
    (folder / "base").mkdir()
    more = "services: {more: {image: web, env_file: more.env}}"
    (folder / "base/more.yaml").write_text(more)
    for name in ("web.env", "common.env", "base/more.env", ".env"):
        (folder / name).write_text("WHOSE=web\n")
    (folder / file).write_text("WHOSE=web\nSECRET=does-not-show\n")
    app = open_app("", "staging", folder)

    assert "does-not-show" not in app.config()
    with app.reach() as target:
        failed = target.host.run(Command(("sh", "-c", "echo it does-not-show >&2; exit 1")))
    assert failed.error_text == "it ***"


def test_what_is_missing_is_named(folder: Path) -> None:
    (folder / ".env").unlink()
    with pytest.raises(ComposeError, match=r"no value for \$\{SECRET\}"):
        open_here("", folder).config()
    (folder / ".env.example").write_text("# generate\nSECRET=\n")
    with pytest.raises(ComposeError, match=r"\.env: there is no such env file"):
        open_here("", folder).config()
    (folder / "staging.yaml").write_text(COMPOSE)
    (folder / "deploy.toml").write_text(
        'app = "shop"\n' + SETTINGS + 'compose = ["staging.yaml"]\n'
    )
    (folder / "compose.yaml").unlink()
    with pytest.raises(SettingsError, match=r"dev\.compose: there is no file"):
        open_here("", folder)


def test_a_service_is_known_or_the_nearest_is_named(folder: Path) -> None:
    here = open_here("", folder)
    assert (here.known_service("web"), here.known_service("")) == ("web", "")
    with pytest.raises(SettingsError, match=r"no service 'wep'.*web"):
        here.known_service("wep")


def test_a_bare_docker_compose_means_it(folder: Path) -> None:
    variables = open_here("", folder).compose_variables()
    assert variables == {
        "COMPOSE_PROJECT_NAME": "shop-dev",
        "COMPOSE_FILE": str(folder / "compose.yaml"),
        "TAG": "dev",
    }


def test_a_tag_that_is_given_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "image: web:dev" in open_here("", folder).config()
    (folder / ".env").write_text("SECRET=does-not-show\nTAG=mine\n")
    assert "image: web:mine" in open_here("", folder).config()
    monkeypatch.setenv("TAG", "other")
    assert "image: web:other" in open_here("", folder).config()


def test_the_keys_of_backups_are_wanted_on_servers_alone(folder: Path) -> None:
    backup = '[backup]\nstore = "s3://backups"\nencrypt = ["./keys/team.pub"]\n'
    (folder / "deploy.toml").write_text(f'app = "shop"\n{SETTINGS}{backup}')
    assert open_here("", folder).project == "shop-dev"
    with pytest.raises(SettingsError, match=r"backup\.encrypt: .*team\.pub cannot be read"):
        open_app("", "staging", folder)
