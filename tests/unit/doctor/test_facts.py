import json

from deploy.doctor.facts import Container, Facts, parse

STATE = {
    "Status": "running",
    "ExitCode": 0,
    "OOMKilled": False,
    "Error": "",
    "Health": {"Status": "unhealthy", "Log": [{"Output": "old"}, {"Output": "no answer\n"}]},
}
FOUND = {
    "id": "c1",
    "name": "/shop-web-1",
    "service": "web",
    "state": STATE,
    "restarts": 2,
    "memory": 1 << 29,
    "networks": {"back": {}, "front": {}},
}
TEXT = f"""\
clock 1700000000 yes
memory 2048 4096
disk 10 20
inodes 5 6
container {json.dumps(FOUND)}
log c1 Traceback
log c1   it broke
log c1
publishes other-1 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp
publishes quiet-1 \n\
listens 0.0.0.0:22 users:(("sshd",pid=1,fd=3))
listens [::]:8080 users:(("docker-proxy",pid=2,fd=4))
listens 127.0.0.1:5432 \n\
name web db 0
name web cache 2
name web queue 127
port db 5432 0
port cache 6379 1
expires Nov 14 22:13:20 2023 GMT
trust self-signed certificate (18), continuing anyway.
answer 502
"""


def test_all_that_is_said_is_a_value() -> None:
    assert parse(TEXT) == Facts(
        now=1_700_000_000,
        synchronized="yes",
        memory=(2 << 20, 4 << 20),
        disk=(10 << 10, 20 << 10),
        inodes=(5, 6),
        containers=(
            Container(
                name="shop-web-1",
                service="web",
                status="running",
                restarts=2,
                memory=1 << 29,
                health="unhealthy",
                checked="no answer",
                networks=frozenset({"back", "front"}),
                log="Traceback\n  it broke\n",
            ),
        ),
        names={("web", "db"): True, ("web", "cache"): False, ("web", "queue"): None},
        ports={("db", 5432): True, ("cache", 6379): False},
        owners={22: "sshd", 8080: "container other-1", 5432: "a process"},
        answer="502",
        expires=1_700_000_000,
        trust="self-signed certificate (18), continuing anyway.",
    )


def test_what_was_not_seen_is_not_guessed() -> None:
    assert parse("") == Facts()
    assert parse("clock 5 unknown\ndocker permission denied\n") == Facts(
        now=5, docker="permission denied"
    )
