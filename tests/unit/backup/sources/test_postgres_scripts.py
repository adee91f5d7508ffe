"""The scripts that ask Postgres, in a real shell, with a Docker that answers what it is told to."""

from pathlib import Path

import pytest
from backup.sources.hosts import telling, with_docker

from deploy.host import Command, Script

HERE = "deploy.backup.sources"
CLIENT = (HERE, "postgres_client.sh")
FACTS = (HERE, "postgres_facts.sh")
DUMP = Script(HERE, "postgres_dump.sh", (CLIENT, FACTS))
COUNT = Script(HERE, "postgres_count.sh", (CLIENT, FACTS))
NAMED = Script(HERE, "postgres_named.sh", (CLIENT,))
NAME = "dbname='shop'"
# A psql that writes down what it is sent, and a pg_dump.
POSTGRES = """
case $* in
*" sh psql "*)
    while IFS= read -r line; do
        printf '%s\\n' "$line" >>{folder}/sent
        case $line in *pg_export_snapshot*) echo 00000003-1 ;; esac
    done ;;
*" sh pg_dump "*) echo "the dump of ${{*##*--snapshot=}}" ;;
esac
"""


@pytest.mark.parametrize(("script", "then"), [(DUMP, "begin isolation level"), (COUNT, "'rows'")])
def test_no_timeout_of_the_server_ends_a_session_that_counts(
    tmp_path: Path, script: Script, then: str
) -> None:
    host = with_docker(tmp_path, POSTGRES.format(folder=tmp_path))

    result, _ = telling(host, tmp_path / "facts", script, "c1", NAME)

    assert result.ok, result.error_text
    first, _, _ = (tmp_path / "sent").read_text().partition(then)
    for name in ("statement", "idle_in_transaction_session", "transaction"):
        assert f"'{name}_timeout'" in first


def test_a_dump_is_of_the_moment_that_is_counted(tmp_path: Path) -> None:
    host = with_docker(tmp_path, POSTGRES.format(folder=tmp_path))

    result, _ = telling(host, tmp_path / "facts", DUMP, "c1", NAME)

    assert result.text == f"the dump of 00000003-1 --dbname={NAME}\n"


def test_names_of_roles_are_quoted(tmp_path: Path) -> None:
    host = with_docker(tmp_path, POSTGRES.format(folder=tmp_path))

    assert host.run(NAMED.command("c1", stdin=r"""["o'né", "\\"]""".encode())).ok

    sent = (tmp_path / "sent").read_text()
    assert r"""json_array_elements_text('["o''né", "\\"]') named (name)""" in sent
    assert sent.endswith("\n\\gexec\n")


def test_psql_speaks_utf_8_and_a_dump_what_the_database_does(tmp_path: Path) -> None:
    """Each program is in the container, whose `docker exec` is only the command here."""
    for program in ("psql", "pg_dump"):
        file = tmp_path / "bin" / program
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "{program}: $PGUSER ${{PGCLIENTENCODING:-its own}}"')
        file.chmod(0o755)
    host = with_docker(tmp_path, 'shift 3; exec "$@"')
    run = Script(HERE, "postgres_client.sh").text + 'client c1 psql "it\'s"; client c1 pg_dump'

    said = host.run(Command(("sh", "-c", run))).text
    assert said == "psql: postgres UTF8\npg_dump: postgres its own\n"
