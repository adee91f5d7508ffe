"""ask.sh in a real shell, with nginx containers that answer by their names."""

from pathlib import Path

import pytest

from deploy.host import Script
from deploy.host.local import LocalHost

ASK = Script("deploy.proxy", "ask.sh", (("deploy.proxy", "reload.sh"),))
DOCKER = """\
#!/bin/sh
case $2 in
well) printf 'fine\\nand dandy\\n\\n200' ;;
ill) printf 'bad\\n502' ;;
long) head -c 3000000 /dev/zero | tr '\\0' x; printf '\\n200' ;;
silent) echo 'curl: (7) no'; printf '\\n000'; exit 7 ;;
gone) echo 'no such container' >&2; exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    ("names", "code", "text"),
    [
        (["well"], 0, "200 fine\nand dandy\n"),
        (["well", "ill"], 53, "502 bad\n200 fine\nand dandy\n"),
        (["long"], 0, f"200 {2000 * 'x'}\n"),
        (["silent"], 53, "000 curl: (7) no\n"),
        (["gone"], 53, "000 no such container\n"),
    ],
)
def test_what_is_not_good_comes_first_and_no_file_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], code: int, text: str
) -> None:
    root, docker = tmp_path / "app", tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    root.mkdir(mode=0o500)

    result = LocalHost().run(ASK.command(str(root), "http://app.test/", *names))

    assert (result.exit_code, result.stdout.decode()) == (code, text), result.error_text
    assert not list(root.iterdir())
