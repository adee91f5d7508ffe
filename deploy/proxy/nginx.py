"""Nginx on a machine: rehearse, switch, watch, drain. Each method is one script, one round trip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.errors import ProxyError, SlipwayError, Unhealthy
from deploy.host import Host, Run, Script, Step, run_step, step_script
from deploy.host.archive import READABLE, pack
from deploy.host.step import FREE_SPACE, FULL

_HERE = "deploy.proxy"
_SWITCH = step_script(_HERE, "switch.sh", "reload.sh")
_WATCH = step_script(_HERE, "watch.sh", "reload.sh")
_DRAIN = step_script(_HERE, "drain.sh", "reload.sh")
_ASK = Script(_HERE, "ask.sh", ((_HERE, "reload.sh"),))

NO_URL = "-"
_SLACK = 90.0  # seconds for tests, reloads and probes beyond the waiting that was asked for

Watch = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """What a URL answers through nginx: `text` is status and body, empty where no nginx runs."""

    url: str
    text: str
    ok: bool

    @property
    def status(self) -> str:
        """The status code; what stands for it where no connection came about."""
        code = self.text.split(maxsplit=1)[0] if self.text else ""
        return "nothing, for no nginx runs" if not code else code.replace("000", "nothing")


@dataclass(frozen=True)
class Nginx:
    """The nginx containers of one project on `host`, reached by their ids."""

    host: Host
    project: str
    url: str

    def switch(
        self,
        run: Run,
        compose_file: str,
        upstreams: Mapping[str, str],
        *,
        ids: Sequence[str],
        count: int,
        watch: Watch,
    ) -> None:
        """Send traffic to where `upstreams` (file name to text) point, proven before and after.

        `count` good answers in a row count as a proof. Raises `ProxyError`; then nginx serves as
        before.
        """
        step = Step(
            _SWITCH,
            "switch",
            (self.project, compose_file, self.url or NO_URL, str(count), *ids),
            self._errors(),
            stdin=_tar(upstreams),
            timeout=_SLACK,
        )
        run_step(self.host, run, step, watch)

    def watch(
        self, run: Run, replicas: Mapping[str, int], ids: Sequence[str], seconds: float
    ) -> None:
        """See for `seconds` that `replicas` (id to restarts so far) stay well and nginx answers."""
        step = Step(
            _WATCH,
            "watch",
            (
                f"{seconds:.0f}",
                self.url or NO_URL,
                " ".join(f"{replica}:{restarts}" for replica, restarts in replicas.items()),
                *ids,
            ),
            self._errors(),
            timeout=seconds + _SLACK,
        )
        run_step(self.host, run, step)

    def drain(
        self,
        run: Run,
        upstreams: Mapping[str, str],
        *,
        names: Sequence[str],
        ids: Sequence[str],
        seconds: float,
        watch: Watch,
    ) -> None:
        """Settle on `upstreams`, and wait until no worker knows the old replicas any more."""
        step = Step(
            _DRAIN,
            "drain",
            (f"{seconds:.0f}", " ".join(names), *ids),
            self._errors(),
            stdin=_tar(upstreams),
            timeout=seconds + _SLACK,
        )
        run_step(self.host, run, step, watch)

    def ask(self, root: str, ids: Sequence[str]) -> Answer:
        """Ask each nginx for the URL. Raises `ProxyError` where none is configured."""
        if not self.url:
            raise ProxyError("health", "no url is configured", "add url to the environment")
        if not ids:
            return Answer(self.url, "", ok=False)
        result = self.host.run(_ASK.command(root, self.url, *ids, timeout=_SLACK))
        return Answer(self.url, result.text.strip(), ok=result.ok)

    def _errors(self) -> Mapping[int, Callable[[str], SlipwayError]]:
        def error(wrong: str, remedy: str) -> Callable[[str], SlipwayError]:
            return lambda text: ProxyError("nginx", *_cause(text, wrong, remedy), detail=text)

        mend = "mend nginx's configuration and deploy again"
        look = "what it answered is above; mend it and deploy again"
        return {
            41: lambda text: Unhealthy(
                "new replicas",
                "one crashed after a healthy start",
                "its log is above; mend it and deploy again",
                detail=text,
            ),
            50: error(f"the new release does not answer at {self.url} through nginx", look),
            51: error("it refuses its configuration (`nginx -t`)", mend),
            52: error("it did not take the new configuration", mend),
            53: error(f"{self.url} is not answered well through nginx", look),
            54: error(
                "it cannot resolve the name of a replica",
                "see that nginx and the service share a network",
            ),
            56: error("it does not run", "see why with `inv logs`, then deploy again"),
            57: error("the new one does not start", "its log is above; mend it and deploy again"),
            58: lambda service: ProxyError(
                "nginx",
                f"its configuration sends to {service}, which is not in the Compose file any more",
                "take it out of the configuration too, or put the service back",
            ),
            55: lambda text: ProxyError(
                "nginx",
                *_cause(
                    text,
                    f"its configuration does not include the upstream in {text}, so it would not"
                    " follow the replicas",
                    "add `include /etc/nginx/upstreams/*.conf;` to its http block and deploy again",
                ),
            ),
        }


def _cause(text: str, wrong: str, remedy: str) -> tuple[str, str]:
    """Return what is behind an error, where its text tells, else `wrong` and `remedy`."""
    if FULL in text:
        return "the disk of its server is full", FREE_SPACE + " and deploy again"
    if 'invalid parameter "resolve"' in text or '"keepalive_min_timeout"' in text:
        return "this nginx is too old", "use an image of nginx 1.27.4 or newer"
    return wrong, remedy


def _tar(upstreams: Mapping[str, str]) -> bytes:
    return pack({name: text.encode() for name, text in upstreams.items()}, READABLE)
