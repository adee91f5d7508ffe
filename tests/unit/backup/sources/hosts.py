"""Machines that say what a test wants them to."""

from deploy.backup.sources.base import Origin
from deploy.host import Result
from deploy.host.recording import RecordingHost


def saying(*lines: str, code: int = 0, stderr: str = "") -> RecordingHost:
    text = "".join(f"{line}\n" for line in lines)
    return RecordingHost(answer=lambda _: Result(code, text.encode(), stderr.encode()))


def origin(host: RecordingHost) -> Origin:
    return Origin(host, "/opt/shop/staging", "r1", lambda _: "c1", lambda _: ("c1", "c2"))
