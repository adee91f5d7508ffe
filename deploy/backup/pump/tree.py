"""Packs a folder with GNU tar: whole, or only what has changed since an index of it was made.

A copy of each SQLite database takes the place of its files. What only looks like a database is
packed as every file is. With an index of before, files that are as they were are left out, and the
first member of the archive lists what is gone since then; folders are always in it.

    python3 -m pump.tree [--as-is] [--index FILE] [--since FILE] FOLDER COPIES tar ARGUMENT…

Ends as tar does, and 2 where it does not get so far, as where a database cannot be copied.
"""

import os
import secrets
import sys
import traceback
from argparse import REMAINDER, ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from . import index
from .databases import BESIDE, Uncopied, copied, databases

GONE = "./.slipway-gone-"  # how the first member is called where there is an index of before
UNCHANGED = ".unchanged"
_FAILED = 2  # as tar has it: 1 says that files changed meanwhile


def main(arguments: Sequence[str]) -> None:
    """Copy the databases, write the index, then become tar."""
    asked = _parser().parse_args(arguments)
    folder, copies = asked.folder, asked.copies
    copies.mkdir(parents=True, exist_ok=True)
    found = [] if asked.as_is else [db for db in databases(folder) if copied(folder, db, copies)]
    volatile = [os.fsencode(f"{path}{end}") for path in found for end in ("", *BESIDE)]
    if asked.index:
        index.write(folder, asked.index, volatile)
    first: list[str] = []
    left_out = [f"--exclude=./{os.fsdecode(name)}" for name in volatile]
    if asked.since:
        gone = f"{GONE}{secrets.token_hex(8)}"  # a name that nobody has in there
        names = (*volatile, *index.gone(asked.since, asked.index))
        (copies / gone).write_bytes(b"".join(name + b"\0" for name in names))
        first = [f"--directory={copies}", gone]
        left_out += _excluded(index.unchanged(asked.since, asked.index), copies / UNCHANGED)
    argv = [
        *asked.tar,
        *("--anchored", "--no-wildcards", *left_out),
        *first,
        *members(folder, copies, found),
    ]
    os.execvp(argv[0], argv)  # noqa: S606 - this is the pump's own image


def members(folder: Path, copies: Path, found: Sequence[Path]) -> list[str]:
    """Return what tar is to take from the folder, and from that of copies.

    Names of the folder begin with `./`, those of copies do not: so one is told from the other.
    """
    return [
        *(f"--directory={folder}", "."),
        *((f"--directory={copies}",) if found else ()),
        *(f"--add-file={path}" for path in found),
    ]


def _excluded(names: Iterable[bytes], file: Path) -> Iterator[str]:
    """Yield options by which tar leaves names out: most of them stand in a file, one a line."""
    with file.open("wb") as stream:
        for name in names:
            if b"\n" in name or name[-1:].isspace():  # tar would read another name there
                yield f"--exclude=./{os.fsdecode(name)}"
            else:
                stream.write(b"./" + name + b"\n")
    yield f"--exclude-from={file}"


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="pump.tree")
    parser.add_argument("--as-is", action="store_true")
    for name in ("--index", "--since", "folder", "copies"):
        parser.add_argument(name, type=Path)
    parser.add_argument("tar", nargs=REMAINDER)
    return parser


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Uncopied as error:
        print(error, file=sys.stderr)
        sys.exit(_FAILED)
    except Exception:  # noqa: BLE001 - Python would end 1, which is what tar says of changed files
        traceback.print_exc()
        sys.exit(_FAILED)
