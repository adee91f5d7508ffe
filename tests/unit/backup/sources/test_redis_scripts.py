"""The scripts that ask Redis, in a real shell, with a Docker that answers what it is told to."""

from pathlib import Path

import pytest
from backup.sources.hosts import with_docker

from deploy.backup.sources.base import read_facts
from deploy.host import Script

HERE = "deploy.backup.sources"
CLIENT = (HERE, "redis_client.sh")
FACTS = Script(HERE, "redis_facts.sh", (CLIENT,))
KEYS = Script(HERE, "redis_keys.sh", (CLIENT,))
REDIS = r"""
case $* in
*"{refused}"*) echo "ERR unknown command" >&2; exit 1 ;;
*" ping") echo PONG ;;
*"config get dbfilename") printf '%s\n' dbfilename 'a "b" \c.rdb' ;;
*"config get appenddirname") ;;
*"config get "*) printf '%s\n' name value ;;
*"info persistence") echo loading:0 ;;
*"info keyspace") printf 'db0:keys=7,expires=2,avg_ttl=0\r\ndb3:keys=1,expires=0\r\n' ;;
esac
"""


def test_what_it_says(tmp_path: Path) -> None:
    host = with_docker(tmp_path, REDIS.format(refused="nothing"))

    facts = read_facts(host.run(FACTS.command("c1")).stdout)

    assert facts["dbfilename"] == r'a "b" \c.rdb'
    assert facts["dir"] == "value"
    assert facts["appenddirname"] == ""
    assert host.run(KEYS.command("c1")).text == "6\n"


@pytest.mark.parametrize(
    ("script", "refused"), [(FACTS, "config get"), (FACTS, "ping"), (KEYS, "info keyspace")]
)
def test_one_that_refuses_to_say_it(tmp_path: Path, script: Script, refused: str) -> None:
    result = with_docker(tmp_path, REDIS.format(refused=refused)).run(script.command("c1"))

    assert result.exit_code != 0
    assert "ERR unknown command" in result.error_text
