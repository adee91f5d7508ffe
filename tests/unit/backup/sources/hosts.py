"""Machines that say what a test wants them to."""

from deploy.backup.sources.base import Origin
from deploy.host import Result
from deploy.host.recording import RecordingHost


def saying(*lines: str, code: int = 0, stderr: str = "") -> RecordingHost:
    text = "".join(f"{line}\n" for line in lines)
    return RecordingHost(answer=lambda _: Result(code, text.encode(), stderr.encode()))


def origin(host: RecordingHost, base: str = "", indexed: frozenset[str] = frozenset()) -> Origin:
    """Return an origin for a snapshot `s2`; nobody hears what is said."""
    return Origin(
        host=host,
        root="/opt/shop/staging",
        release="r1",
        container=lambda _: "c1",
        running=lambda _: ("c1", "c2"),
        snapshot="s2",
        say=lambda _: None,
        base=base,
        indexed=indexed,
    )
