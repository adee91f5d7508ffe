"""The rows of the fault table: written by the scenarios, read to make docs/reference/faults.md."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What one scenario showed."""

    test: str
    fault: str
    serves: str
    sees: str
    status: str
    next_run: str
    sent: int
    failed: int
    impossible: str


@dataclass(frozen=True)
class Ledger:
    """A file of rows, one JSON document a line; nowhere where no file is given."""

    path: Path | None

    def write(self, row: Row) -> None:
        if self.path:
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(row)) + "\n")  # one write: workers share the file

    def rows(self) -> list[Row]:
        if not self.path:
            return []
        return [Row(**json.loads(line)) for line in self.path.read_text().splitlines()]
