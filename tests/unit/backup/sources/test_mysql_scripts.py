"""The scripts that dump MySQL, in a real shell, with a Docker that answers what it is told to."""

from pathlib import Path

from backup.sources.hosts import telling, with_docker

from deploy.backup.sources.base import read_facts
from deploy.host import Script

HERE = "deploy.backup.sources"
CLIENT = (HERE, "mysql_client.sh")
FACTS = (HERE, "mysql_facts.sh")
DUMP = Script(HERE, "mysql_dump.sh", (CLIENT, FACTS))
COUNT = Script(HERE, "mysql_count.sh", (CLIENT, FACTS))
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
