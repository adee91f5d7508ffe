"""Parts, sent by a curl that answers as it is told: nothing leaves this machine."""

import base64
import hashlib
import io
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.backup.pump.channel import Channel
from deploy.backup.pump.stages import Failed
from deploy.backup.pump.upload import ATTEMPTS, Uploader

CURL = r"""#!/bin/sh
# Answers a PUT by line N of the file $CURL_ANSWERS/PART, at the Nth attempt; without one, by 200.
url=$(sed -n 's/^url = "\(.*\)"$/\1/p')
part=${url##*/} part=${part%%\?*}
cd "$CURL_ANSWERS" || exit
printf '%s\n' "$url" >>"$part.urls"
while [ $# -gt 0 ]; do
    case $1 in
    --upload-file) file=$2 ;;
    Content-MD5:*) printf '%s\n' "${1#Content-MD5: }" >>"$part.md5" ;;
    http*) echo "a URL stands in the arguments" >&2; exit 99 ;;
    esac
    shift
done
answer=$(sed -n "$(wc -l <"$part.urls")p" "$part" 2>/dev/null)
case ${answer:-200} in
200) cp "$file" "$part.bytes" && printf 'HTTP/1.1 200 OK\r\nETag: "e%s"\r\n\r\n\n200' "$part" ;;
28) echo "curl: (28) timed out" >&2; printf '\n000'; exit 28 ;;
*) printf 'HTTP/1.1 %s No\r\n\r\n<Code>Code%s</Code>\n%s' "$answer" "$answer" "$answer" ;;
esac
"""


@dataclass
class Signing(Channel):
    """The channel to a machine that signs at once; each URL says how often it was signed."""

    signed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())

    def url(self, name: str, *, stale: str = "") -> str:
        if stale or name not in self.signed:
            self.signed[name] = self.signed.get(name, 0) + 1
        return f"http://store/{name}?signed={self.signed[name]}"


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that says what curl answers, and where it leaves what it was given."""
    programs, answers = tmp_path / "bin", tmp_path / "answers"
    for made in (programs, answers, tmp_path / "parts"):
        made.mkdir()
    (programs / "curl").write_text(CURL)
    (programs / "curl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("CURL_ANSWERS", str(answers))
    return answers


@pytest.fixture
def uploader(answers: Path) -> Uploader:
    """Return an uploader of two parts of 4 bytes, then three of 6."""
    options = {"folder": answers.parent / "parts", "at_once": 2, "sizes": [(2, 4), (3, 6)]}
    return Uploader(Signing(), options, pause=0)


def urls(answers: Path, part: int) -> list[str]:
    text = (answers / f"{part}.urls").read_text()
    return [line.removeprefix(f"http://store/{part}?") for line in text.splitlines()]


def sent(answers: Path) -> list[bytes]:
    files = sorted(answers.glob("*.bytes"))
    return [file.read_bytes() for file in files]


@pytest.mark.parametrize("step", [1, 3, 4, 100])
def test_parts_are_cut_exactly_however_the_bytes_come(
    answers: Path, uploader: Uploader, step: int
) -> None:
    data = b"0123456789abcdefgh"

    for start in range(0, len(data), step):
        uploader.write(data[start : start + step])
    found = uploader.finish()

    assert sent(answers) == [b"0123", b"4567", b"89abcd", b"efgh"]
    assert found == {"parts": [{"number": n, "etag": f'"e{n}"'} for n in (1, 2, 3, 4)]}
    assert not list((answers.parent / "parts").iterdir()), "no part stays on the disk"


def test_each_part_carries_its_own_sum(answers: Path, uploader: Uploader) -> None:
    uploader.write(b"01234567")
    uploader.finish()

    for number, data in ((1, b"0123"), (2, b"4567")):
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        assert (answers / f"{number}.md5").read_text() == f"{md5}\n"


def test_an_end_on_the_border_adds_no_empty_part(answers: Path, uploader: Uploader) -> None:
    uploader.write(b"01234567")

    assert len(uploader.finish()["parts"]) == 2
    assert sent(answers) == [b"0123", b"4567"]


def test_nothing_at_all_is_one_empty_part(answers: Path, uploader: Uploader) -> None:
    assert len(uploader.finish()["parts"]) == 1
    assert sent(answers) == [b""]


def test_what_is_larger_than_all_parts_is_refused(answers: Path, uploader: Uploader) -> None:
    with pytest.raises(Failed, match="larger than the store takes in one object"):
        uploader.write(bytes(27))

    while len(sent(answers)) < 5:  # what is under way would go on in the next test
        time.sleep(0.01)


@pytest.mark.parametrize("trouble", ["503", "500", "429", "408", "28"])
def test_what_may_pass_is_tried_again(answers: Path, uploader: Uploader, trouble: str) -> None:
    (answers / "1").write_text(f"{trouble}\n{trouble}\n")

    uploader.write(b"0123")

    assert uploader.finish() == {"parts": [{"number": 1, "etag": '"e1"'}]}
    assert urls(answers, 1) == ["signed=1"] * 3, "the URL is still good"
    assert sent(answers) == [b"0123"]


def test_a_url_that_is_refused_is_signed_anew(answers: Path, uploader: Uploader) -> None:
    (answers / "2").write_text("403\n")

    uploader.write(b"01234567")
    uploader.finish()

    assert urls(answers, 1) == ["signed=1"]
    assert urls(answers, 2) == ["signed=1", "signed=2"]


@pytest.mark.parametrize(
    ("trouble", "tries", "why"),
    [
        ("400", 1, "Code400"),
        ("404", 1, "Code404"),
        ("403", ATTEMPTS, "Code403"),
        ("503", ATTEMPTS, "Code503"),
        ("28", ATTEMPTS, r"curl: \(28\) timed out"),
    ],
)
def test_a_failure_says_which_part_and_why(
    answers: Path, uploader: Uploader, trouble: str, tries: int, why: str
) -> None:
    (answers / "1").write_text(f"{trouble}\n" * ATTEMPTS)
    uploader.write(b"0123")

    with pytest.raises(Failed, match=f"^upload: part 1: {why}$"):
        uploader.finish()
    assert len(urls(answers, 1)) == tries
    assert not list((answers.parent / "parts").iterdir()), "no part stays on the disk"


def test_a_part_that_finds_no_place_to_wait(answers: Path, uploader: Uploader) -> None:
    (answers.parent / "parts").rmdir()

    with pytest.raises(Failed) as error:
        uploader.write(b"0123")

    assert (error.value.stage, error.value.why) == ("parts", "No such file or directory")


def test_after_a_failure_no_more_is_sent(answers: Path) -> None:
    (answers / "1").write_text("400\n")
    options = {"folder": answers.parent / "parts", "at_once": 1, "sizes": [(9, 4)]}
    uploader = Uploader(Signing(), options, pause=0)
    uploader.write(b"0123")

    with pytest.raises(Failed, match="part 1: Code400"):
        uploader.write(b"4567")
    assert not (answers / "2.urls").exists()
