"""The first app under load on a real server: every way a release changes, and not one failure."""

import shutil
from collections.abc import Iterator

import pytest
from workspace import CHECKOUT, Ended, Workspace, assert_clean

from deploy.sandbox import Sandbox
from deploy.sandbox.load import LoadProcess

APP = "transformation-coaching"
SERVER = "production"
pytestmark = pytest.mark.usefixtures("production_alone")


class App(Workspace):
    """The example app, in a checkout of its own, on a server of its own."""

    def type(self, task: str, *arguments: str, code: int = 0, **variables: str) -> Ended:
        ended = self.inv(task, "--env", "production", *arguments, timeout=300, **variables)
        assert ended.code == code, ended.all
        return ended

    def build(self, tag: str, broken: str = "") -> None:
        self.type("build", "--tag", tag, BROKEN=broken)
        self.type("push", "--tag", tag)


@pytest.fixture(scope="module")
def app(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("checkout")
    for name in (f"compose/{APP}", "nginx", f"examples/{APP}"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns(".env.*[!e]"))
    shutil.copy(CHECKOUT / "tasks.py", folder)
    (folder / ".sandbox").symlink_to(sandbox.state)
    settings = folder / "compose" / APP / "deploy.toml"
    text = settings.read_text().replace("confirm = true\n", "")
    # The load comes from one address, so this environment uses staging's overlay on rate limits.
    settings.write_text(text.replace("compose.production.yaml", "compose.staging.yaml"))
    found = App(folder, sandbox, APP, SERVER)
    found.remove("production")
    (folder / "compose" / APP / ".env.production").unlink(missing_ok=True)
    found.type("env.init")
    for tag in ("v1", "v2"):
        found.build(tag)
    found.type("deploy", "--tag", "v1")
    yield found
    found.remove("production")


@pytest.fixture
def load(app: App) -> Iterator[LoadProcess]:
    process = LoadProcess.start(app.sandbox.https_port(SERVER), "production.sandbox")
    yield process
    process.discard()


def test_deploy_failed_deploy_and_rollback(app: App, load: LoadProcess) -> None:
    app.build("v3", broken="sick")
    app.type("deploy", "--tag", "v2")
    failed = app.type("deploy", "--tag", "v3", code=3)
    assert "rolled back" in failed.err
    assert "503" in failed.err
    app.type("rollback", "--to", "v1")
    summary = load.stop()
    assert_clean(summary, at_least=2000)
    assert {"v1", "v2", "v3"} <= set(summary["versions"])


def test_a_release_that_fails_behind_nginx_only_never_serves(app: App, load: LoadProcess) -> None:
    app.build("v4", broken="proxy")
    failed = app.type("deploy", "--tag", "v4", code=3)
    assert "answers 500 through nginx" in failed.err
    summary = load.stop()
    assert_clean(summary, at_least=200)
    assert "v4" not in summary["versions"]


def test_scaling_up_and_down(app: App, load: LoadProcess) -> None:
    app.type("scale", "backend=3")
    assert len(app.replicas("backend", "production")) == 3
    app.type("scale", "backend=1")
    assert len(app.replicas("backend", "production")) == 1
    assert_clean(load.stop(), at_least=500)


@pytest.mark.thorough
def test_nginx_is_upgraded_to_another_image_and_back(app: App, load: LoadProcess) -> None:
    for image in ("nginx:1.29-alpine", "nginx:1.30-alpine"):
        ended = app.type("deploy", "--tag", "v1", NGINX_IMAGE=image)
        assert "roll nginx" in ended.out
    assert_clean(load.stop(), at_least=500)


@pytest.mark.thorough
def test_nginx_configuration_and_app_change_together(app: App, load: LoadProcess) -> None:
    site = app.folder / "nginx" / "sites" / f"{APP}.conf"
    site.write_text(site.read_text() + "\n# changed with the next release\n")
    ended = app.type("deploy", "--tag", "v2")
    assert "roll nginx" in ended.out
    assert "roll backend" in ended.out
    assert_clean(load.stop(), at_least=500)


def test_the_site_behaves_as_its_files_say(app: App) -> None:
    """Redirect, headers, compression, cache, SPA fallback: asked of the running system."""
    nginx = app.replicas("nginx", "production")[0]
    name = "https://production.sandbox"
    names = " ".join(f"--resolve production.sandbox:{port}:127.0.0.1" for port in (80, 443))
    curl = f"docker exec {nginx} curl -skD- {names}"

    def ask(path: str, *flags: str, base: str = name) -> str:
        return app.on_server(f"{curl} {' '.join(flags)} {base}{path}").lower()

    redirect = ask("/x", base="http://production.sandbox")
    assert "301" in redirect.splitlines()[0]
    assert f"location: {name}/x" in redirect
    page = ask("/some/page/of/the/app")
    assert "200" in page.splitlines()[0]
    assert "<!doctype html" in page
    for header in (
        "strict-transport-security",
        "x-content-type-options: nosniff",
        "content-security-policy",
        "referrer-policy",
    ):
        assert header in page
    assert "content-encoding: gzip" in ask("/", "-H", "'Accept-Encoding: gzip'", "-o", "/dev/null")
    health = ask("/health")
    assert '"status":"healthy"' in health
    assert '"database":"ok"' in health
