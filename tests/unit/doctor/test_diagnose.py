import dataclasses
from typing import Any

import pytest

from deploy.doctor.diagnose import Case, Finding, diagnose
from deploy.doctor.facts import Container, Facts
from deploy.doctor.needs import Need, jobs, needs, published, wanted

NOW = 1_700_000_000.0
DAY = 86_400
GIB = 1 << 30
NETS = frozenset({"back"})
WELL = Facts(
    now=NOW,
    synchronized="yes",
    memory=(GIB, 4 * GIB),
    disk=(50 * GIB, 100 * GIB),
    inodes=(900, 1000),
    containers=(
        Container("shop-web-1", "web", "running", health="healthy", networks=NETS),
        Container("shop-db-1", "db", "running", networks=NETS),
    ),
    names={("web", "db"): True},
    ports={("db", 5432): True},
    owners={80: "container shop-web-1"},
    answer="200",
    expires=NOW + 60 * DAY,
)
CASE = Case(WELL, ("web", "db"), (Need("web", "db", 5432),), {80: "web"}, NOW)


def found(**facts: Any) -> list[Finding]:
    return diagnose(dataclasses.replace(CASE, facts=dataclasses.replace(WELL, **facts)))


def only(**facts: Any) -> Finding:
    (finding,) = found(**facts)
    return finding


def with_web(**container: Any) -> tuple[Container, ...]:
    web, db = WELL.containers
    return (dataclasses.replace(web, **container), db)


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert diagnose(CASE) == []


def test_where_docker_does_not_answer_nothing_else_is_said_of_it() -> None:
    finding = only(docker="permission denied while trying to connect", containers=())
    assert str(finding).startswith("docker: it does not answer: permission denied")
    assert "group docker" in finding.remedy
    assert "systemctl start docker" in only(docker="Cannot connect", containers=()).remedy


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"disk": (GIB // 2, 100 * GIB)}, "disk: 0.5 of 100 GiB are free. remove"),
        ({"disk": (2 * GIB, 100 * GIB)}, "disk: 2.0 of 100 GiB are free"),
        ({"inodes": (2, 1000)}, "disk: 2 of 1000 inodes are free"),
        ({"memory": (64 << 20, GIB)}, "memory: 64 of 1024 MiB of memory are available"),
        ({"now": NOW - 300}, "clock: it is 300 s behind"),
        ({"now": NOW + 31}, "clock: it is 31 s ahead"),
        ({"synchronized": "no"}, "clock: nobody keeps it right"),
        ({"answer": "502"}, "nginx: its url answers 502"),
        ({"answer": "000"}, "nginx: its url answers nothing"),
        ({"expires": NOW - 3 * DAY}, "certificate: it has ended 3 days ago"),
        ({"expires": NOW + 5 * DAY}, "certificate: it ends in 5 days"),
        ({"trust": "self-signed certificate (18)"}, "certificate: self-signed certificate"),
        ({"ports": {("db", 5432): False}}, "db: nothing answers on its port 5432, which web needs"),
        ({"names": {("web", "db"): False}}, "web: it cannot find db by its name. Docker's DNS"),
        (
            {"containers": (), "owners": {}},
            "containers: there are none of this app. start it: `inv deploy`",
        ),
        ({"containers": WELL.containers[:1]}, "db: it has no container. start it: `inv deploy`"),
    ],
)
def test_each_cause_is_named_with_what_to_do(facts: dict[str, Any], words: str) -> None:
    assert str(only(**facts)).startswith(words)


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"status": "exited", "exit_code": 3, "log": "boom"}, "it does not run: exit code 3. see"),
        ({"status": "restarting", "exit_code": 1, "restarts": 7}, "exit code 1, restarted 7 times"),
        ({"status": "exited", "exit_code": 127}, "exit code 127. its command is not in the image"),
        ({"out_of_memory": True, "memory": 1 << 29}, "it used more than its limit of 512 MiB"),
        ({"status": "created", "error": "x\nno such device"}, "cannot start it: no such device"),
        ({"health": "unhealthy", "checked": "no answer"}, "it runs, and is unhealthy"),
        ({"restarts": 4, "log": "said"}, "it runs now, and was restarted 4 times"),
    ],
)
def test_a_container_that_is_not_well(container: dict[str, Any], words: str) -> None:
    finding = only(containers=with_web(**container))
    assert finding.place == "shop-web-1"
    assert words in str(finding)
    said = container.get("log", "") or container.get("checked", "")
    assert said in finding.evidence


def test_a_job_that_has_ended_well_is_none() -> None:
    ended = dataclasses.replace(WELL, containers=with_web(status="exited"), answer="")
    assert diagnose(dataclasses.replace(CASE, facts=ended, jobs=frozenset({"web"}))) == []
    (finding,) = diagnose(dataclasses.replace(CASE, facts=ended))
    assert "it does not run: exit code 0. see" in str(finding)


def test_who_has_the_port_is_named_by_name() -> None:
    stopped = with_web(status="created", error="port is already allocated")
    first, second = found(containers=stopped, owners={80: "container other-1"})
    assert str(first).startswith("port 80: container other-1 has it, and web wants it. stop it")
    assert "already allocated" in second.wrong


def test_services_that_share_no_network() -> None:
    apart = with_web(networks=frozenset({"front"}))
    finding = only(containers=apart, names={("web", "db"): False})
    assert "they share no network" in finding.remedy


def test_what_could_not_be_asked_is_not_found() -> None:
    assert found(names={("web", "db"): None}, ports={("db", 5432): None}) == []


def test_what_the_app_suffers_from_comes_first() -> None:
    both = found(synchronized="no", answer="500")
    assert [finding.pressing for finding in both] == [True, False]


DOCUMENT = {
    "services": {
        "web": {
            "image": "team/web:1",
            "depends_on": {
                "db": {},
                "api": None,
                "job": {"condition": "service_completed_successfully"},
            },
            "ports": [{"target": 80, "published": "8080", "protocol": "tcp"}],
        },
        "api": {"image": "team/api:1", "expose": ["8000/tcp"]},
        "db": {"image": "docker.io/library/postgres:15"},
        "job": {"image": "team/job:1"},
    }
}


def test_a_service_of_which_no_replica_is_wanted_is_left_out() -> None:
    services: dict[str, Any] = {
        **DOCUMENT["services"],
        "db": {"image": "postgres:15", "deploy": {"replicas": 0}},
        "api": {"image": "team/api:1", "expose": ["8000"], "scale": 0},
        "job": {"image": "team/job:1", "deploy": {"replicas": 2}},
    }
    left = wanted({"services": services})

    assert set(left["services"]) == {"web", "job"}
    assert needs(left) == ()


def test_who_needs_whom_is_read_from_the_compose_file() -> None:
    assert needs(DOCUMENT) == (Need("web", "db", 5432), Need("web", "api", 8000))
    assert needs(DOCUMENT)[0].argument() == "web:db:5432"
    assert published(DOCUMENT) == {8080: "web"}
    assert jobs(DOCUMENT) == {"job"}
