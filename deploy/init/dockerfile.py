"""What a Dockerfile tells: its base, its ports, whether it has a shell and a health check. Pure."""

import re
from dataclasses import dataclass, replace

from deploy.engine.compose.services import image_name

_BARE = ("scratch", "distroless", "chainguard", "static")  # images without a shell
_CONTINUED = re.compile(r"\\\s*\n")


@dataclass(frozen=True)
class Dockerfile:
    """The stage that is built. `copies_all` tells whether the whole context is copied into it."""

    base: str = ""
    ports: tuple[int, ...] = ()
    healthcheck: bool = False
    shell: bool = False
    copies_all: bool = False

    @property
    def image(self) -> str:
        """The base's name, without registry and tag."""
        return image_name(self.base)


def read_dockerfile(text: str, target: str = "") -> Dockerfile:
    """Return what `text` says of the stage `target`; without one, of the last."""
    stages: dict[str, Dockerfile] = {}
    found, name = Dockerfile(), ""
    for line in _CONTINUED.sub(" ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        match word.upper():
            case "FROM":
                if name and name == target.lower():
                    return found
                words = [part for part in rest.split() if not part.startswith("--")]
                base = words[0] if words else ""
                name = words[2].lower() if len(words) > 2 else ""  # noqa: PLR2004 - FROM x AS y
                found = stages.get(base.lower()) or Dockerfile(base, shell=_has_shell(base))
            case "EXPOSE":
                ports = tuple(int(port) for port in re.findall(r"\b(\d+)(?:/tcp)?\b", rest))
                found = replace(found, ports=(*found.ports, *ports))
            case "HEALTHCHECK":
                found = replace(found, healthcheck=not rest.upper().startswith("NONE"))
            case "COPY" | "ADD":
                if re.match(r"(--(?!from)\S+ )*(\./?|\*) ", rest):
                    found = replace(found, copies_all=True)
        if name:
            stages[name] = found
    return found


def _has_shell(base: str) -> bool:
    return bool(base) and not any(word in base for word in _BARE)
