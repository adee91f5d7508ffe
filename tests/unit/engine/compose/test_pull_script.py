"""pull.sh in a real shell, with a Docker that has some images."""

from pathlib import Path

import pytest

from deploy.host import Script
from deploy.host.local import LocalHost

PULL = Script("deploy.engine.compose", "pull.sh")
HERE, ELSEWHERE = "r.io/web@sha256:aa", "r.io/web:2"
DOCKER = f"""\
#!/bin/sh
case $* in
info*) echo / ;;
*--format*) echo 'image {HERE} []' ;;
*inspect*{HERE}*) ;;
*) exit 1 ;;
esac
"""


@pytest.mark.parametrize(("image", "code"), [(HERE, 0), (ELSEWHERE, 34)])
def test_a_login_is_wanted_only_where_something_is_to_be_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str, code: int
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    result = LocalHost().run(PULL.command("0", "5", "1", image, stdin=b""))

    assert result.exit_code == code, result.error_text
