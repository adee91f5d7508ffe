"""Everything that can go wrong, as one tree.

    SlipwayError                 exit 1: refused or failed, nothing changed
    ├── SettingsError            deploy.toml, env files, flags
    ├── ComposeError             what `docker compose config` refuses, or what cannot be deployed
    ├── HostError                the way to a machine
    │   ├── Unreachable          no answer, or the connection broke
    │   ├── HostKeyRefused       the key is unknown, or is not the one we know
    │   ├── AccessDenied         the machine refuses the user
    │   └── CommandFailed        a command ended with an exit code that is not 0
    │       └── CommandTimedOut  a command took longer than it may
    ├── EngineError              Docker there: missing, too old, forbidden, no image, no space
    ├── ProxyError               nginx refuses its configuration, or does not answer through it
    ├── Unhealthy                a replica crashed, or never became healthy
    ├── LockHeld                 somebody else is changing this environment
    ├── Changed                  something was written on the server since it was observed
    ├── LockLost                 exit 4: our lock was freed or taken over in the middle of a run
    ├── Interrupted              SIGINT or SIGTERM came before anything was changed
    ├── StoreError               where backups lie: no bucket, another region, an odd answer
    │   ├── StoreUnreachable     no answer from it, or it is too busy
    │   ├── StoreRefused         the credentials are missing, wrong, expired, or do not suffice
    │   ├── NotThere             no such object or upload
    │   └── AlreadyThere         such an object exists; nothing was written
    ├── SourceFailed             a source cannot be read, or a stage of its way to the store failed
    ├── DamagedSnapshot          a snapshot, or an archive of it, is not what was written
    ├── WrongKey                 the private key opens another snapshot, not this one
    ├── RetentionRefused         which snapshots are kept cannot be decided
    ├── TooLarge                 a snapshot does not fit into the parts that its bucket allows
    ├── TooOld                   the newest proven snapshot is too old, or there is none
    ├── NotTold                  a notification, a ping or a metrics file failed: a warning
    ├── SandboxError             the sandbox cannot be built or started
    ├── RolledBack               exit 3: failed, and the old release serves again
    └── NeedsPerson              exit 4: failed, and a person must act; says with which command

Each error reads `place: what is wrong. what to do.`
"""

from typing import ClassVar


class SlipwayError(Exception):
    """An error that a user can act on: a place, a fault and a remedy.

    `detail` is longer evidence (a container's last log lines, a tool's own output), shown below.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, place: str, wrong: str, remedy: str = "", *, detail: str = "") -> None:
        self.place = place
        self.wrong = wrong
        self.remedy = remedy
        self.detail = detail
        super().__init__(place, wrong, remedy)

    def add(self, also: str) -> None:
        """Say one thing more about what is wrong."""
        self.wrong = f"{self.wrong}; {also}"

    def __str__(self) -> str:
        line = f"{self.place}: {_sentence(self.wrong)}"
        return f"{line} {_sentence(self.remedy)}" if self.remedy else line


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "?", "!", "`")) else f"{text}."


class SettingsError(SlipwayError):
    """A setting is missing, unknown or of the wrong kind."""


class ComposeError(SlipwayError):
    """The Compose file is invalid, or asks for what cannot be deployed."""


class HostError(SlipwayError):
    """The way to a machine failed."""


class Unreachable(HostError):
    """The machine does not answer, or the connection broke."""


class HostKeyRefused(HostError):
    """The machine's host key is unknown, or is not the one on record."""


class AccessDenied(HostError):
    """The machine refuses the user or the user's keys."""


class CommandFailed(HostError):
    """A command ended with an exit code that is not 0."""


class CommandTimedOut(CommandFailed):
    """A command took longer than its timeout."""


class EngineError(SlipwayError):
    """Docker on a machine is missing, too old, forbidden, or out of images or space."""


class ProxyError(SlipwayError):
    """Nginx refuses its configuration, or the release does not answer through it."""


class Unhealthy(SlipwayError):
    """A replica crashed, or did not become healthy in time."""


class LockHeld(SlipwayError):
    """Another run holds this environment's lock."""


class Changed(SlipwayError):
    """Something was written on the server since it was observed: look again."""


class LockLost(SlipwayError):
    """This run's lock was freed or taken over; nothing more may be changed, not even undone."""

    exit_code: ClassVar[int] = 4


class Interrupted(SlipwayError):
    """SIGINT or SIGTERM stopped it."""

    def __init__(self) -> None:
        super().__init__("interrupted", "it was stopped by a signal", "run it again when ready")


class RetentionRefused(SlipwayError):
    """What is kept cannot be decided from what was found, so nothing may be removed."""


class TooLarge(SlipwayError):
    """A snapshot does not fit into the parts that its bucket allows."""


class StoreError(SlipwayError):
    """The place where backups lie cannot do what it is asked for."""


class StoreUnreachable(StoreError):
    """The store does not answer, or is too busy."""


class StoreRefused(StoreError):
    """The store refuses the credentials, or there are none."""


class NotThere(StoreError):
    """The object or the upload does not exist."""


class AlreadyThere(StoreError):
    """An object with this key exists, and was not overwritten."""


class SandboxError(SlipwayError):
    """The sandbox cannot be built or started."""


class SourceFailed(SlipwayError):
    """A source cannot be read, or a stage of its way to the store failed."""


class DamagedSnapshot(SlipwayError):
    """A snapshot, or an archive of it, is not what was written."""


class TooOld(SlipwayError):
    """The newest proven snapshot is older than it may be, or there is none."""


class NotTold(SlipwayError):
    """A notification, a ping or a metrics file failed. It is a warning, and ends no run."""


class WrongKey(SlipwayError):
    """The private key opens another snapshot, not this one."""


class RolledBack(SlipwayError):
    """The rollout failed; what served before serves again."""

    exit_code: ClassVar[int] = 3


class NeedsPerson(SlipwayError):
    """The rollout failed and could not be undone; the remedy is the exact next command."""

    exit_code: ClassVar[int] = 4
