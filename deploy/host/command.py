"""What is asked of a machine, and what it answers: plain values, no I/O."""

import shlex
from dataclasses import dataclass, field
from functools import cache
from importlib import resources


class Secret:
    """A value that must not be seen. Not a `str`, so that it cannot slip into a command or a log.

    `reveal()` is for writing it into a stream (stdin, or a file of mode 0600), nowhere else.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Command:
    """One command for one machine.

    `argv` is a tuple of strings that reach the program unchanged, whatever they contain.
    `stdin` is sent as it is and then closed. `timeout` is in seconds. `name` is what logs, plans
    and errors call it.
    """

    argv: tuple[str, ...]
    name: str = ""
    stdin: bytes = field(default=b"", repr=False)
    timeout: float = 60.0

    def __post_init__(self) -> None:
        for argument in self.argv:
            if not isinstance(argument, str):
                message = f"argv takes str, not {type(argument).__name__}"
                raise TypeError(message)
            if "\0" in argument:
                message = f"an argument of {self.label} holds a NUL byte"
                raise ValueError(message)
        if not self.argv:
            message = "argv is empty"
            raise ValueError(message)

    @property
    def label(self) -> str:
        """The name, or the program's."""
        return self.name or self.argv[0]

    def quoted(self) -> str:
        """Return the command as one POSIX shell line. The only place where quoting happens."""
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. `seconds` is wall-clock time seen from here."""

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 are replaced."""
        return self.stdout.decode(errors="replace")

    @property
    def error_text(self) -> str:
        """Standard error as text, stripped."""
        return self.stderr.decode(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class Script:
    """A POSIX shell script shipped with this package, run on a machine with arguments.

    Scripts are files beside the module that uses them (`package`), so that they can be read and
    linted as what they are. `preludes` are (package, file) pairs put in front, in their order.
    """

    package: str
    file: str
    preludes: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.file.removesuffix(".sh")

    @property
    def text(self) -> str:
        """The whole script."""
        return "\n".join(_read(*part) for part in (*self.preludes, (self.package, self.file)))

    def command(self, *arguments: str, stdin: bytes = b"", timeout: float = 60.0) -> Command:
        """Return the command that runs this script with `arguments` as $1, $2 and so on."""
        return Command(
            ("sh", "-c", self.text, self.name, *arguments),
            name=self.name,
            stdin=stdin,
            timeout=timeout,
        )


@cache
def _read(package: str, file: str) -> str:
    return resources.files(package).joinpath(file).read_text(encoding="utf-8")
