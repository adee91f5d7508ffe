from pathlib import Path

import pytest

from deploy.backup.retention import Policy
from deploy.backup.stores.s3.settings import S3Settings
from deploy.errors import SettingsError
from deploy.settings import Dev, Migrate, Registry, find_app, load

MINIMAL = """\
[environments.staging]
hosts = ["deploy@staging.example.com"]
"""


@pytest.fixture(autouse=True)
def _no_ambient_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOY_ENV", raising=False)
    monkeypatch.delenv("DEPLOY_APP", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "compose.yaml").write_text("services: {}\n")
    return folder


def refusal(folder: Path, text: str) -> str:
    (folder / "deploy.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load(folder)
    return str(error.value).removeprefix(f"{folder}/")


def test_everything_has_a_default_but_the_hosts(folder: Path) -> None:
    (folder / "deploy.toml").write_text(MINIMAL)

    found = load(folder)

    staging = found.environments["staging"]
    assert found.app == "shop"
    assert staging.compose == (folder / "compose.yaml",)
    assert (staging.env_file, staging.url, staging.confirm) == (None, "", False)
    assert staging.root == "/opt"
    assert (found.rollout.migrate, found.rollout.keep, found.rollout.drain) == (None, 5, 35.0)
    assert found.backup is None


def test_everything_can_be_said(folder: Path) -> None:
    (folder / "compose.prod.yaml").write_text("services: {}\n")
    (folder / "deploy.toml").write_text("""\
app = "store"
compose = ["compose.yaml"]

[environments.production]
hosts = ["deploy@app1.example.com:2222"]
compose = ["compose.yaml", "compose.prod.yaml"]
env_file = ".env.production"
url = "https://example.com/health"
confirm = true
root = "/srv"

[rollout]
migrate = { service = "backend", command = "migrate up", timeout = "1h2m3s" }
keep = 2
drain = "90s"

[backup]
store = "s3://example/backups/"
endpoint = "https://s3.example.com"
region = "eu-central-1"
path_style = true
storage_class = "STANDARD_IA"
checksums = "when_required"
lock_days = 30
max_parts = 1000
encrypt = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
keep = { last = 3, hourly = 1, daily = 7, weekly = 4, monthly = 12, yearly = 2, within = "2d" }
""")

    found = load(folder)

    production = found.environments["production"]
    assert found.app == "store"
    assert production.compose == (folder / "compose.yaml", folder / "compose.prod.yaml")
    assert production.env_file == folder / ".env.production"
    assert (production.url, production.root) == ("https://example.com/health", "/srv")
    assert production.confirm
    assert found.rollout.migrate == Migrate("backend", "migrate up", 3723.0)
    assert (found.rollout.keep, found.rollout.drain) == (2, 90.0)
    assert found.backup
    assert found.backup.store == S3Settings(
        bucket="example",
        prefix="backups",
        endpoint="https://s3.example.com",
        region="eu-central-1",
        path_style=True,
        storage_class="STANDARD_IA",
        checksums="when_required",
        lock_days=30,
        max_parts=1000,
    )
    assert found.backup.encrypt == (
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    )
    assert found.backup.keep == Policy(3, 1, 7, 4, 12, 2, 172800.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            MINIMAL + "host = []\n",
            "deploy.toml:3: environments.staging.host: the key is unknown. did you mean 'hosts'?",
        ),
        (
            MINIMAL + "zebra = 1\n",
            (
                "deploy.toml:3: environments.staging.zebra: the key is unknown. known here:"
                " compose, confirm, env_file, hosts, root, url."
            ),
        ),
        (
            "appp = 'x'\n" + MINIMAL,
            "deploy.toml:1: appp: the key is unknown. did you mean 'app'?",
        ),
        (
            MINIMAL + "\n[rollout]\nkep = 3\n",
            "deploy.toml:5: rollout.kep: the key is unknown. did you mean 'keep'?",
        ),
        (
            MINIMAL + '\n[rollout]\nmigrate = { service = "a", comand = "b" }\n',
            'deploy.toml:5: rollout.migrate.command: it is missing. write command = "…".',
        ),
        (
            MINIMAL + "confirm = 1\n",
            "deploy.toml:3: environments.staging.confirm: true or false is wanted, not a number.",
        ),
        (
            MINIMAL + "root = true\n",
            "deploy.toml:3: environments.staging.root: a string is wanted, not a boolean.",
        ),
        (
            '[environments.staging]\nhosts = "a"\n',
            "deploy.toml:2: environments.staging.hosts: a list of strings",
        ),
        (
            "[environments.staging]\nhosts = [1]\n",
            "deploy.toml:2: environments.staging.hosts: it holds something that is not a string.",
        ),
        (
            "[environments.staging]\n",
            "deploy.toml:1: environments.staging.hosts: no host is named.",
        ),
        (
            '[environments.Big]\nhosts = ["a"]\n',
            "deploy.toml:1: environments.Big: 'Big' is no environment name.",
        ),
        (
            MINIMAL + 'compose = ["no.yaml"]\n',
            "deploy.toml:3: environments.staging.compose: there is no file",
        ),
        (
            MINIMAL + "compose = []\n",
            "deploy.toml:3: environments.staging.compose: no file is named.",
        ),
        (
            MINIMAL + 'url = "example.com"\n',
            "deploy.toml:3: environments.staging.url: 'example.com' is no URL.",
        ),
        *(
            (
                MINIMAL + f'url = "{url}"\n',
                f"deploy.toml:3: environments.staging.url: '{url}' is no URL.",
            )
            for url in ("https://h:80a/", "https://h:99999", "http://h:0", "http://[::1")
        ),
        ("app = 'A b'\n" + MINIMAL, "deploy.toml:1: app: 'A b' is no name."),
        ("environments = 3\n", "deploy.toml:1: environments: a table is wanted, not a number."),
        ("", "deploy.toml:1: environments: no environment is described."),
        ("[rollout]\nkeep = 0\n", "deploy.toml:2: rollout.keep: 0 is too small."),
        (
            "[rollout]\nkeep = true\n",
            "deploy.toml:2: rollout.keep: a whole number is wanted, not a boolean.",
        ),
        ('[rollout]\ndrain = "soon"\n', "deploy.toml:2: rollout.drain: 'soon' is no length"),
        (
            '[rollout]\nmigrate = { service = "a", command = "b", timeout = "0s" }\n',
            "deploy.toml:2: rollout.migrate.timeout: '0s' is too short.",
        ),
        ('[rollout]\ndrain = ""\n', "deploy.toml:2: rollout.drain: '' is no length of time."),
        ("= 1\n", "deploy.toml:1: it is not TOML:"),
    ],
)
def test_an_error_names_file_line_key_and_remedy(folder: Path, text: str, message: str) -> None:
    assert refusal(folder, text).startswith(message)


def test_no_file_is_an_error(folder: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load(folder)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("0s", 0)]
)
def test_lengths_of_time(folder: Path, text: str, seconds: float) -> None:
    (folder / "deploy.toml").write_text(f'{MINIMAL}\n[rollout]\ndrain = "{text}"\n')

    assert load(folder).rollout.drain == seconds


@pytest.fixture
def two(folder: Path) -> Path:
    text = MINIMAL + '[environments.production]\nhosts = ["a"]\n'
    (folder / "deploy.toml").write_text(text)
    return folder


def test_the_only_environment_needs_no_name(folder: Path) -> None:
    (folder / "deploy.toml").write_text(MINIMAL)

    assert load(folder).environment(None).name == "staging"
    assert load(folder).environment("").name == "staging"


def test_of_two_environments_one_is_named(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="--env: no environment is named. choose one of: stag"):
        load(two).environment(None)
    assert load(two).environment("production").name == "production"

    monkeypatch.setenv("DEPLOY_ENV", "production")

    assert load(two).environment(None).name == "production"
    assert load(two).environment("staging").name == "staging"


def test_a_mistyped_environment_is_corrected(two: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean 'production'?"):
        load(two).environment("prodution")


def apps(checkout: Path, *names: str) -> None:
    for name in names:
        (checkout / "compose" / name).mkdir(parents=True)
        (checkout / "compose" / name / "deploy.toml").write_text("")


def test_the_only_app_needs_no_name(tmp_path: Path) -> None:
    apps(tmp_path, "shop")

    assert find_app(tmp_path, None) == tmp_path / "compose" / "shop"


def test_a_deploy_toml_here_comes_first(tmp_path: Path) -> None:
    apps(tmp_path, "shop", "blog")
    (tmp_path / "deploy.toml").write_text("")

    assert find_app(tmp_path, "") == tmp_path
    assert find_app(tmp_path, "blog") == tmp_path / "compose" / "blog"


def test_of_several_apps_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apps(tmp_path, "shop", "blog")

    with pytest.raises(SettingsError, match="several apps are here. choose one .*: blog, shop"):
        find_app(tmp_path, None)
    with pytest.raises(SettingsError, match="there is no app 'shp'. did you mean 'shop'?"):
        find_app(tmp_path, "shp")
    monkeypatch.setenv("DEPLOY_APP", "blog")
    assert find_app(tmp_path, None) == tmp_path / "compose" / "blog"


def test_no_app_at_all(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no deploy\.toml and no compose/"):
        find_app(tmp_path, None)
    (tmp_path / "compose" / "bare").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"bare has no deploy\.toml"):
        find_app(tmp_path, "bare")


def test_the_only_app_of_a_repository_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "deploy.toml").write_text("")

    with pytest.raises(SettingsError, match="no app 'shop'. leave out --app, and DEPLOY_APP"):
        find_app(tmp_path, "shop")


def test_a_login_for_a_registry(folder: Path) -> None:
    table = '[registry]\nhost = "r.io"\nusername = "robot"\npassword_env = "PASSWORD"\n'
    (folder / "deploy.toml").write_text(f"{MINIMAL}{table}")
    assert load(folder).registry == Registry("r.io", "robot", "PASSWORD")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('host = "r.io"\nusername = "robot"', "registry.password_env: it is missing."),
        ('host = "r.io/team"\nusername = "a"\npassword_env = "P"', "'r.io/team' is no host."),
        (
            'host = "r.io"\nusername = "a"\npassword_env = "P"\npassword = "x"',
            "registry.password: the key is unknown. did you mean 'password_env'?",
        ),
    ],
)
def test_a_login_that_is_not_whole(folder: Path, table: str, message: str) -> None:
    assert message in refusal(folder, f"{MINIMAL}[registry]\n{table}\n")


def test_this_machine_has_its_overlay_where_it_is_there(folder: Path) -> None:
    (folder / "deploy.toml").write_text(MINIMAL)
    assert load(folder).dev == Dev((folder / "compose.yaml",), folder / ".env")
    (folder / "compose.dev.yaml").write_text("services: {}\n")
    assert load(folder).dev.compose == (folder / "compose.yaml", folder / "compose.dev.yaml")


def test_this_machine_as_it_is_described(folder: Path) -> None:
    dev = '[dev]\ncompose = ["compose.yaml"]\nenv_file = ".env.dev"\ntest = "pytest -q"\n'
    (folder / "deploy.toml").write_text(MINIMAL + dev)
    assert load(folder).dev == Dev(
        (folder / "compose.yaml",), folder / ".env.dev", test="pytest -q"
    )
    assert "there is no file" in refusal(folder, MINIMAL + '[dev]\ncompose = ["gone.yaml"]\n')
    assert "dev.tests: the key is unknown" in refusal(folder, MINIMAL + '[dev]\ntests = "x"\n')


def test_no_environment_is_called_as_this_machine(folder: Path) -> None:
    text = '[environments.dev]\nhosts = ["local"]\n'
    assert "environments.dev: 'dev' is this machine" in refusal(folder, text)
