import pytest

from deploy.errors import Changed, EngineError, LockHeld, SlipwayError
from deploy.host import Result
from deploy.host.recording import RecordingHost
from deploy.rollout.lock import Holder, Lock, held, unlock

HOLDER = Holder("ab", "ann@desk", "deploy", 1767323045.0)


def claim(code: int, text: str = "", out: bytes = b"") -> Lock:
    host = RecordingHost("server", lambda _: Result(code, out, text.encode()))
    return Lock.claim(host, "/opt/shop/test", HOLDER, "r1:10", b"tar")


def test_who_holds_it_why_and_since_when() -> None:
    assert str(held("server", vars(HOLDER), 3.4)) == (
        "server: ann@desk is at work here: deploy, since 03:04:05 UTC, last heartbeat 3 s ago."
        " wait until it has ended; if that process is surely dead, the lock frees itself after"
        " 30 s, or at once with `inv server.unlock`"
    )
    assert "somebody is at work here: a run" in str(held("server", {}, 0))


@pytest.mark.parametrize(
    ("code", "text", "kind", "message"),
    [
        (77, f"7\n{HOLDER.to_json()}", LockHeld, "ann@desk is at work here: deploy"),
        (77, "", LockHeld, "somebody is at work here"),
        (78, "", Changed, "another run changed something meanwhile"),
        (23, "deploy", EngineError, "user deploy may not write to /opt/shop/test. prepare"),
        (75, 'still running here: "start web"', EngineError, 'still running here: "start web"'),
        (79, "tar: no space", EngineError, "/opt/shop/test cannot be written to: tar: no space"),
        (2, "sh: oops", EngineError, "the lock cannot be taken (exit code 2): sh: oops"),
    ],
)
def test_a_lock_that_cannot_be_taken(
    code: int, text: str, kind: type[SlipwayError], message: str
) -> None:
    with pytest.raises(kind) as error:
        claim(code, text)

    assert message in str(error.value)


def test_a_lock_is_claimed_with_what_was_observed_and_the_size_of_what_comes() -> None:
    host = RecordingHost("server", lambda _: Result(0, b"claimed\n"))

    with Lock.claim(host, "/opt/shop/test", HOLDER, "r1:10", b"tar") as lock:
        assert (lock.run.root, lock.run.id) == ("/opt/shop/test", "ab")

    assert host.commands[0].argv[4:] == (
        *("/opt/shop/test", "ab", HOLDER.to_json(), "r1:10", "30", "3"),
    )


def test_only_the_lock_that_was_seen_is_freed() -> None:
    host = RecordingHost("server", lambda _: Result(77))

    with pytest.raises(LockHeld, match="another run holds the lock by now"):
        unlock(host, "/opt/shop/test", "ab")

    assert host.commands[0].argv[4:] == ("/opt/shop/test", "ab")
