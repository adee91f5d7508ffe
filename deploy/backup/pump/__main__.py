"""`python3 -m pump save`, or `load`, with a job as the first line on stdin; `exchange A B`."""

import sys

from . import load, save
from .channel import Channel
from .exchange import exchange
from .stages import Failed


def main(verb: str, *arguments: str) -> int:
    """Do one job; what went wrong is told as an event, and ends 1."""
    if verb == "exchange":
        exchange(*arguments)
        return 0
    channel = Channel(sys.stdin, sys.stdout)
    work = {"save": save.run, "load": load.run}[verb]
    try:
        channel.tell(done=work(channel.job(), channel))
    except Failed as failed:
        channel.tell(failed={"stage": failed.stage, "why": failed.why})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
