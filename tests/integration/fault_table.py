"""From the ledger of a whole run of the faults to docs/reference/faults.md.

`python tests/integration/fault_table.py LEDGER DOCUMENT`
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from ledger import Ledger, Row

HEADINGS = (
    "fault",
    "what serves meanwhile",
    "what the user sees",
    "what `inv status` says",
    "what the next `inv deploy` does",
    "requests",
    "failed",
)
INTRODUCTION = """\
# Faults

What happens when something breaks in the middle of a run: played on real servers by
[the tests](../../tests/integration), under traffic through nginx that never retries (keep-alive and
new connections, GET and POST, requests of 5 seconds, a WebSocket, server-sent events).
`nox -s faults` plays them all, and writes this page.

In every row the next `inv deploy` ended on exactly the wanted replicas of one release, and nothing
was left behind: no container, network, file or lock. OLD is the version that served, NEW the one
that was being deployed.
"""


def document(rows: Sequence[Row]) -> str:
    """Return the page."""
    rows = sorted(rows, key=lambda row: (row.test.partition("::")[0], row.test))
    sent, failed = sum(row.sent for row in rows), sum(row.failed for row in rows)
    excused = [row for row in rows if row.impossible]
    excuse = f"in {len(excused)} scenarios, for a reason that no tool can remove; each names it"
    lines = [
        INTRODUCTION,
        f"{len(rows)} scenarios, {sent:,} requests, {failed:,} failed ({excuse}).",
    ]
    for file, found in groupby(rows, key=lambda row: row.test.partition("::")[0]):
        lines += ["", *_section(file, list(found))]
    return "\n".join(lines) + "\n"


def _section(file: str, rows: Sequence[Row]) -> Iterator[str]:
    path = Path(file)
    promise = path.parent.name.replace("_", " ").capitalize()
    topic = path.stem.removeprefix("test_").replace("_", " ")
    yield f"## {promise}: {topic}"
    yield ""
    yield f"[{path.parent.name}/{path.name}](../../{file})"
    yield ""
    yield _line(HEADINGS)
    yield _line(["---"] * len(HEADINGS))
    for row in rows:
        lost = f"{row.failed}: {row.impossible}" if row.impossible else str(row.failed)
        yield _line(
            (row.fault, row.serves, row.sees, row.status, row.next_run, f"{row.sent:,}", lost)
        )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def main() -> None:
    ledger, page = map(Path, sys.argv[1:])
    rows = Ledger(ledger).rows()
    page.write_text(document(rows), encoding="utf-8")
    print(f"{page}: {len(rows)} scenarios")


if __name__ == "__main__":
    main()
