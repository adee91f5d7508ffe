"""nginx's configuration as a text: its directives, and what a template is filled from. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[{};]|[^\s{};]+")
_COMMENT = re.compile(r"(^|\s)#[^\n]*", re.MULTILINE)
UNTOLD = "$$"  # stands before a variable whose value must not be told; nginx knows no such thing


@dataclass(frozen=True)
class Directive:
    """One directive with its block, where it has one."""

    words: tuple[str, ...]
    block: tuple["Directive", ...] = ()

    def text(self, depth: int) -> str:
        """Return it as nginx reads it."""
        space = "    " * depth
        if not self.block:
            return f"{space}{' '.join(self.words)};"
        inner = "\n".join(one.text(depth + 1) for one in self.block)
        return f"{space}{' '.join(self.words)} {{\n{inner}\n{space}}}"


def find_all(directives: Sequence[Directive], name: str) -> Iterator[Directive]:
    """Yield the directives of a name, at whatever depth."""
    for one in directives:
        if one.words[0] == name:
            yield one
        else:
            yield from find_all(one.block, name)


def untold(one: Directive) -> bool:
    """Whether a directive needs what must not be told."""
    return any(UNTOLD in word for word in one.words)


def shown(one: Directive) -> str:
    """Return a directive as one reads it."""
    return " ".join(one.words).replace(UNTOLD, "$")


def filled(text: str, environment: Mapping[str, str | None]) -> str:
    """Return a template filled in; None stands for what must not be told."""
    for name, value in environment.items():
        told = f"{UNTOLD}{name}" if value is None else value
        text = re.sub(rf"\$(?:\{{{re.escape(name)}\}}|{re.escape(name)}\b)", lambda _: told, text)  # noqa: B023 - called at once
    return re.sub(r"\$\{(\w+)\}", r"$\1", text)


def parse(text: str) -> tuple[Directive, ...]:
    """Return the directives of a text."""
    tokens = iter(_TOKEN.findall(_COMMENT.sub(" ", text)))
    return tuple(_block(tokens))


def _block(read: Iterator[str]) -> Iterator[Directive]:
    words: list[str] = []
    for word in read:
        if word == "}":
            return
        if word == ";":
            if words:
                yield Directive(tuple(words))
            words = []
        elif word == "{":
            inner = tuple(_block(read))
            if words:
                yield Directive(tuple(words), inner)
            words = []
        else:
            words.append(word)
