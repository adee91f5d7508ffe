"""The Compose engine: each method is one script on the machine, one round trip."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.engine.base import Observation, Replica, Scale, Watch
from deploy.engine.compose.login import Login, registry_of
from deploy.engine.compose.observe import CONTAINER, parse_observation, parse_replicas
from deploy.errors import Changed, EngineError, SlipwayError, Unhealthy
from deploy.host import Host, Result, Run, Script, Step, run_step, step_script

_Maker = Callable[[str], SlipwayError]

_HERE = "deploy.engine.compose"
_OBSERVE = Script(_HERE, "observe.sh")
_PULL = Script(_HERE, "pull.sh")
_WHOLE = Script(_HERE, "whole.sh")
_START = step_script(_HERE, "start.sh")
_STOP = step_script(_HERE, "stop.sh")
_CLEAR = step_script(_HERE, "clear.sh")
_MIGRATE = step_script(_HERE, "migrate.sh")

SPACE = 512 * 1024  # KiB that must be free before images are pulled
_LOG_IN = "name a login in [registry] of deploy.toml, or `docker login` on the server"
PULL = 900.0  # seconds for all images of a release
_UNREADABLE = 33  # how whole.sh ends
_NO_LOGIN = 34  # how pull.sh ends
_SLACK = 60.0  # seconds that a step may take beyond the waiting it was told to do


@dataclass(frozen=True)
class ComposeEngine:
    """Docker Compose on `host`, for one project in one folder.

    The images of a release may take `patience` seconds to arrive.
    """

    host: Host
    project: str
    root: str
    patience: float = PULL
    login: Login | None = None

    def observe(self) -> Observation:
        """Look at everything in one round trip. Raises `EngineError`."""
        command = _OBSERVE.command(self.root, self.project, CONTAINER, timeout=30)
        result = self.host.run(command)
        if not result.ok:
            raise self._no_engine(result)
        return parse_observation(result.text)

    def pull(self, images: Sequence[str], watch: Watch) -> Mapping[str, str]:
        """Fetch `images`; return each with its digest. Raises `EngineError`, `SettingsError`."""
        mine = [image for image in images if self.login and self.login.covers(image)]
        others = [image for image in images if image not in mine]
        command = _PULL.command(
            str(SPACE),
            f"{self.patience:.0f}",
            str(len(mine)),
            *mine,
            *others,
            stdin=self.login.config() if self.login and mine else b"",
            timeout=self.patience + _SLACK,
        )
        result = self.host.run(command, watch=_only("pulling", watch))
        if result.exit_code == 30:  # noqa: PLR2004 - documented in pull.sh
            free, _, place = result.error_text.rpartition("\n")[2].partition(" ")
            mib = int(free) // 1024 if free.isdigit() else 0
            raise EngineError(
                self.host.name,
                f"{mib} MiB are free at {place}, {SPACE // 1024} are needed",
                "free space there, for instance with `docker image prune`",
            )
        if self.login and result.exit_code == _NO_LOGIN:
            raise self.login.missing()
        if not result.ok:
            raise self._no_image(result)
        return dict(_pins(result.text))

    def check(self, release: str) -> None:
        """See that the files of a recorded release are there. Raises `EngineError`."""
        result = self.host.run(_WHOLE.command(self.root, self.project, release))
        if result.ok:
            return
        last = result.error_text.rpartition("\n")[2]
        cut = f"releases/{release}/compose.yaml cannot be read: {last}"
        gone = f"{result.error_text.partition(chr(10))[0]} is gone"
        raise EngineError(
            f"{self.host.name}: release {release}",
            f"its files are damaged: {cut if result.exit_code == _UNREADABLE else gone}",
            "choose another one of `inv releases`, or deploy that version anew: `inv deploy --tag`",
            detail=result.error_text,
        )

    def start(
        self,
        run: Run,
        release: str,
        scales: Sequence[Scale],
        watch: Watch,
        *,
        recreate: bool = False,
    ) -> tuple[Replica, ...]:
        """Start containers of `release` and wait until they are well.

        Returns all replicas of the wanted definitions. Raises `Unhealthy` and `EngineError`.
        """
        deadline = max(scale.deadline for scale in scales)
        names = ", ".join(scale.service for scale in scales)
        step = Step(
            _START,
            f"start {names}",
            (
                self.project,
                self.compose_file(release),
                "recreate" if recreate else "roll",
                f"{deadline:.0f}",
                CONTAINER,
                *(f"{s.service}:{s.total}:{s.wanted}:{s.definition}:{s.tolerated}" for s in scales),
            ),
            {
                40: self._refused(names),
                41: self._unhealthy(names, "crashed, or is unhealthy"),
                42: self._unhealthy(names, f"was not healthy after {deadline:.0f} s"),
            },
            timeout=deadline + _SLACK,
        )
        result = run_step(self.host, run, step, _except("container", watch))
        return parse_replicas(result.text)

    def stop(
        self, run: Run, ids: Sequence[str], grace: float, *, keep_volumes: bool = False
    ) -> None:
        """Stop and remove containers by id, at most `grace` seconds each.

        Their anonymous volumes go too, unless `keep_volumes`; named ones always stay.
        """
        step = Step(
            _STOP,
            f"stop {len(ids)} container{'s' * (len(ids) != 1)}",
            (f"{grace:.0f}", "-" if keep_volumes else "--volumes", *ids),
            {46: self._stays},
            timeout=grace + _SLACK,
        )
        run_step(self.host, run, step)

    def clear(self, run: Run, ids: Sequence[str], *, keep_volumes: bool = False) -> None:
        """Remove containers that do not run, by id. Raises `Changed` where one runs by now."""
        step = Step(
            _CLEAR,
            f"remove {len(ids)} container{'s' * (len(ids) != 1)}",
            ("-" if keep_volumes else "--volumes", *ids),
            {46: self._stays, 47: lambda text: Changed(self.host.name, text, "run it again")},
            timeout=_SLACK,
        )
        run_step(self.host, run, step)

    def _stays(self, text: str) -> EngineError:
        return EngineError(self.host.name, text, "look at `docker ps` there")

    def migrate(
        self,
        run: Run,
        release: str,
        service: str,
        argv: Sequence[str],
        *,
        timeout: float,
        watch: Watch,
    ) -> None:
        """Run `argv` once in a one-off container of `service` as `release` has it."""
        place = f"migrate ({service})"
        again = "mend the migration and deploy again: the old version still serves"

        def failed(wrong: str, remedy: str = again) -> _Maker:
            return lambda text: EngineError(place, wrong, remedy, detail=text)

        step = Step(
            _MIGRATE,
            "migrate",
            (self.project, self.compose_file(release), service, f"{timeout:.0f}", *argv),
            {
                40: failed("its container could not be started"),
                43: failed("another migration is running there", "wait until it has ended"),
                44: failed(f"it took longer than {timeout:.0f} s and was stopped"),
                45: failed("it failed"),
            },
            timeout=timeout + _SLACK,
        )
        run_step(self.host, run, step, watch)

    def compose_file(self, release: str) -> str:
        """Return the path of a release's Compose file on the server."""
        return f"{self.root}/releases/{release}/compose.yaml"

    def _refused(self, names: str) -> _Maker:
        def make(text: str) -> SlipwayError:
            taken = re.search(r"Bind for \S+:(\d+) failed|address already in use", text)
            if taken:
                return EngineError(
                    f"{self.host.name}: {names}",
                    f"port {taken[1] or 'that is published'} is taken there",
                    "see by whom with `docker ps` there, and publish another one",
                )
            return EngineError(
                f"{self.host.name}: {names}",
                f"Docker Compose refused: {text.splitlines()[-1] if text else 'no reason given'}",
                "mend what it names and deploy again",
                detail=text,
            )

        return make

    def _unhealthy(self, names: str, wrong: str) -> _Maker:
        return lambda text: Unhealthy(
            names,
            f"a new replica {wrong}",
            "its log is above; mend it and deploy again",
            detail=text,
        )

    def _no_engine(self, result: Result) -> EngineError:
        text = result.error_text
        if result.exit_code == 20:  # noqa: PLR2004 - documented in observe.sh
            return EngineError(
                self.host.name, "Docker is missing", "install it: `apt-get install docker.io`"
            )
        if result.exit_code == 22:  # noqa: PLR2004 - the same
            return EngineError(
                self.host.name,
                "the Docker Compose plugin is missing",
                "install docker-compose-plugin, docker-compose-v2 or docker-compose",
            )
        if "permission denied" in text:
            return EngineError(
                self.host.name,
                "the user may not use Docker",
                "put the user into the group: `sudo usermod -aG docker $USER`, then run it again",
            )
        return EngineError(
            self.host.name,
            "the Docker daemon does not answer",
            "start it: `sudo systemctl start docker`",
            detail=text,
        )

    def _no_image(self, result: Result) -> EngineError:
        ends = dict(line.partition(" ")[::2] for line in reversed(result.text.splitlines()))
        reason = result.error_text
        if "failed" not in ends and "late" in ends:
            registry = registry_of(ends["late"])
            return EngineError(
                self.host.name,
                f"{registry} did not deliver {ends['late']} within {self.patience:.0f} s",
                "see why it is slow and deploy again; more time is given by `pull` in [rollout]",
            )
        why = _why_no_image(ends.get("failed", "an image"), reason.partition("\n")[0])
        return EngineError(self.host.name, *why, detail=reason)


_SILENT = ("connection refused", "no such host", "timeout", "no route", "EOF", "deadline", "reset")


def _why_no_image(image: str, reason: str) -> tuple[str, str]:
    """Return what is wrong, and what to do about it."""
    registry = registry_of(image)

    def says(*words: str) -> bool:
        return any(word in reason for word in words)

    if says("no space left"):
        return f"{image} does not fit on its disk", "free space, e.g. with `docker image prune`"
    if says("toomanyrequests", "Too Many Requests", "HTTP 429"):
        return (
            f"{registry} has had too many requests and does not give {image}",
            f"wait and deploy again, or {_LOG_IN}",
        )
    if says("unknown blob", "blob unknown") and "@" not in image:
        return f"{registry} has lost a part of {image}", "push it again: `inv push`"
    if says("unknown blob", "blob unknown", "not found", "manifest unknown"):
        return _no_such_image(image)
    if says("denied", "unauthorized", "no basic auth"):
        return f"{registry} refuses to give {image}", _LOG_IN
    if says(*_SILENT):
        return f"{registry} does not answer", "see that the registry is up, then deploy again"
    return f"{image} could not be pulled", reason


def _no_such_image(image: str) -> tuple[str, str]:
    """Tell a tag, which can be pushed again, from the digest that a release recorded."""
    if "@" not in image:
        return f"there is no image {image}", "build and push it: `inv build` and `inv push`"
    return (
        f"{image} is neither here nor in its registry any more",
        "choose another release of `inv releases`, or deploy that version anew: `inv deploy --tag`",
    )


def _pins(text: str) -> "list[tuple[str, str]]":
    pins = []
    for line in text.splitlines():
        kind, _, value = line.partition(" ")
        if kind == "image":
            reference, _, digests = value.partition(" ")
            pins.append((reference, pin(reference, json.loads(digests) or [])))
    return pins


def pin(reference: str, digests: Sequence[str]) -> str:
    """Return `reference` with the digest that belongs to its repository among `digests`.

    >>> pin("postgres:15", ["postgres@sha256:ab", "mirror/postgres@sha256:cd"])
    'postgres:15@sha256:ab'
    """
    if "@" in reference or not digests:
        return reference
    repository = repository_of(reference)
    own = [digest for digest in digests if digest.split("@")[0] == repository]
    return f"{reference}@{(own or list(digests))[0].partition('@')[2]}"


def repository_of(reference: str) -> str:
    """Return an image reference without digest and tag, as Docker lists it.

    >>> repository_of("docker.io/library/nginx:1.29@sha256:ab")
    'nginx'
    """
    name = reference.split("@", maxsplit=1)[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.split(":", maxsplit=1)[0]
    return name.removeprefix("docker.io/").removeprefix("library/")


def _only(word: str, watch: Watch) -> Watch:
    return lambda line: watch(line) if line.startswith(word) else None


def _except(word: str, watch: Watch) -> Watch:
    return lambda line: None if line.startswith(word) else watch(line)
