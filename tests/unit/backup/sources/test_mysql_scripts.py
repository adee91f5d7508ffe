"""The scripts that dump MySQL, in a real shell, with a Docker that answers what it is told to."""

from pathlib import Path

import pytest
from backup.sources.hosts import telling, with_docker

from deploy.backup.sources.base import read_facts
from deploy.host import Script

HERE = "deploy.backup.sources"
CLIENT = (HERE, "mysql_client.sh")
FACTS = (HERE, "mysql_facts.sh")
DUMP = Script(HERE, "mysql_dump.sh", (CLIENT, FACTS))
COUNT = Script(HERE, "mysql_count.sh", (CLIENT, FACTS))
USERS = Script(HERE, "mysql_users.sh", (CLIENT,))
SHOP = b"shop".hex()
# While the dump runs, one table is dropped and another is made.
BUSY = """
case $* in
*"sh dump "*) echo "the dump"; touch {folder}/dumped; exit ;;
esac
case "$*$(cat)" in
*information_schema.tables*)
    echo '{{"version": "9.7"}}'
    [ -e {folder}/dumped ] && echo '{{"objects": {{"base table made": 1}}}}'
    echo '{{"objects": {{"base table it\'"'"'s \\"à\\"": 1}}}}'
    [ -e {folder}/dumped ] || echo '{{"objects": {{"base table dropped": 1}}}}'
    echo '{{"objects": {{"view b": 1}}}}' ;;
*) echo shop ;;
esac
"""


def test_what_was_made_or_dropped_while_the_dump_ran_is_not_asked_for(tmp_path: Path) -> None:
    host = with_docker(tmp_path, BUSY.format(folder=tmp_path))

    result, told = telling(host, tmp_path / "facts", DUMP, "c1", SHOP)

    assert (result.exit_code, result.text) == (0, "the dump\n")
    assert read_facts(told) == {
        "version": "9.7",
        "objects": {'base table it\'s "à"': 1, "view b": 1},
    }


# Prints a statement for each of its tables, and as many answers as it is asked for.
MANY = """
asked=$(cat)
case $asked in
*"quote(table_name)"*) seq 5000 | sed 's/.*/select count of a table with a long name, &;/' ;;
*"select count of"*) printf '%s\\n' "$asked" | sed -n 's/.* \\(.*\\);/{"rows": {"t\\1": 2}}/p' ;;
esac
"""


def test_a_database_of_many_tables_is_counted(tmp_path: Path) -> None:
    result = with_docker(tmp_path, MANY).run(COUNT.command("c1", SHOP))

    assert result.ok, result.error_text
    assert read_facts(result.stdout)["rows"] == {f"t{number}": 2 for number in range(1, 5001)}


# MariaDB with one role and two users; what it is asked for `refused` fails.
PEOPLE = r"""
asked=$(cat)
case $asked in
*"{refused}"*) {how} ;;
*version*) echo 1 ;;
*"is_role = 'Y'"*) echo '`clerk`' ;;
*"from mysql.user"*) printf '%s\n' "'ann'@'%'" "'a\\\\b'@'%'" ;;
*"show create user "*) printf '%s\n' "CREATE USER ${{asked#*user }} IDENTIFIED BY '*7A'" ;;
*"show grants for "*) printf '%s\n' "GRANT ALL TO ${{asked#*for }}" "GRANT \`clerk\` TO x" ;;
esac
"""
REFUSES = "echo 'ERROR 1040: Too many connections' >&2; exit 1"


def test_users_are_made_and_then_granted(tmp_path: Path) -> None:
    host = with_docker(tmp_path, PEOPLE.format(refused="nothing", how=":"))

    result = host.run(USERS.command("c1"))

    assert result.text.splitlines() == [
        "DROP ROLE IF EXISTS `clerk`; CREATE ROLE `clerk`;",
        "DROP USER IF EXISTS 'ann'@'%';",
        "CREATE USER 'ann'@'%' IDENTIFIED BY '*7A';",
        r"DROP USER IF EXISTS 'a\\b'@'%';",
        r"CREATE USER 'a\\b'@'%' IDENTIFIED BY '*7A';",
        "GRANT ALL TO `clerk`;",
        "GRANT `clerk` TO x;",
        "GRANT ALL TO 'ann'@'%';",
        "GRANT `clerk` TO x;",
        r"GRANT ALL TO 'a\\b'@'%';",
        "GRANT `clerk` TO x;",
        "-- Dump completed",
    ]


@pytest.mark.parametrize(
    ("refused", "how", "words"),
    [
        ("is_role = 'Y'", REFUSES, "Too many connections"),
        ("show create user", REFUSES, "Too many connections"),
        ("show create user", "echo nothing", "the server does not say how 'ann'@'%' is made"),
        ("show grants for `clerk`", REFUSES, "Too many connections"),
        ("show grants for 'ann'", REFUSES, "Too many connections"),
    ],
)
def test_a_user_that_cannot_be_read_is_not_left_out(
    tmp_path: Path, refused: str, how: str, words: str
) -> None:
    result = with_docker(tmp_path, PEOPLE.format(refused=refused, how=how)).run(USERS.command("c1"))

    assert result.exit_code != 0
    assert words in result.error_text
    assert "Dump completed" not in result.text
