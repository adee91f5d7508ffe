"""What MySQL, MariaDB and Redis hold, in words that are the same for the same content."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backups_come_back.shop import Shop

ODD = "w'ei`rd näme"

FILLED = r"""
alter database depot collate utf8mb4_bin;
create table notes (
    id bigint auto_increment primary key, text text not null, data longblob, paid decimal(20, 6),
    at datetime(6), facts json, flags bit(5), place point
) default charset utf8mb4;
insert into notes (text, data, paid, at, facts, flags, place)
    select concat('“', n, '”\n\t\\ ''" ),(', n), unhex(sha2(n, 256)), n / 7,
        '2026-02-03 04:05:06.789012', json_object('n', n), b'10101', point(n, -n)
    from (with recursive numbers as (select 1 n union all select n + 1 from numbers where n < 500)
          select n from numbers) numbers;
insert into notes (text, data) values ('', x'00ff0027'), ('日本語 🚢', null);
create table `it's "a" ``table` (`co'l` bigint, foreign key (`co'l`) references notes (id));
insert into `it's "a" ``table` select id from notes;
create table nothing (id int);
create view latest as select max(id) newest from notes;
create table log (line text);
delimiter //
create trigger `on nothing` after insert on nothing for each row
begin
    insert into log values (concat('INSERT INTO `nothing` VALUES (', new.id, ');'));
end//
create procedure twice(in n int, out m int) begin set m = n * 2; end//
create function thrice(n int) returns int deterministic return n * 3//
create event never on schedule every 1 year starts '2037-01-01 00:00:00' do
    insert into log values ('x')//
delimiter ;
create user reader identified by 'it''s "secret"';
grant select on depot.* to reader;
grant select (id), insert on depot.notes to depot;
create user `Ann o'Hara`@`10.%` identified by '';
create database `empty` character set latin1;
create database users;
create table users.one (id int);
create database `w'ei``rd näme`;
create table `w'ei``rd näme`.here (id int primary key, `näme` text);
insert into `w'ei``rd näme`.here values (1, 'odd'), (2, null);
"""
MANY = r"""
create database many;
use many;
delimiter //
create procedure fill() begin
    declare n int default 1500;
    while n > 0 do
        set @made = concat('create table `a table of many, number ', n, '` select ', n, ' id');
        prepare make from @made;
        execute make;
        set n = n - 1;
    end while;
end//
delimiter ;
call fill();
drop procedure fill;
"""
RUIN = """
drop table `it's "a" ``table`;
drop trigger `on nothing`;
delete from notes where id % 2 = 0;
drop database `w'ei``rd näme`;
drop user reader;
create table since_then (id int);
"""
_NAMES = """
select table_schema, table_name, table_type, table_collation from information_schema.tables
    where table_schema not in ('information_schema', 'mysql', 'performance_schema', 'sys')
    order by 1, 2;
select schema_name, default_character_set_name, default_collation_name
    from information_schema.schemata order by 1;
select trigger_name, action_statement from information_schema.triggers
    where trigger_schema <> 'sys' order by 1;
select routine_name, routine_type, routine_definition from information_schema.routines
    where routine_schema <> 'sys' order by 1;
select event_name, event_definition, starts from information_schema.events order by 1;
select user, host from mysql.user where user <> 'root' order by 1, 2;
select * from information_schema.user_privileges where grantee not like '''root%'
    order by 1, 2, 3, 4;
select * from information_schema.schema_privileges where grantee not like '''root%'
    order by 1, 2, 3, 4, 5;
select * from information_schema.table_privileges where grantee not like '''root%'
    order by 1, 2, 3, 4, 5;
select * from information_schema.column_privileges where grantee not like '''root%'
    order by 1, 2, 3, 4, 5, 6;
"""
_SUMS = r"""
select concat('select ', quote(table_name), ', count(*) from `', table_schema, '`.`',
              replace(table_name, '`', '``'), '`; checksum table `',
              table_schema, '`.`', replace(table_name, '`', '``'), '` extended;')
    from information_schema.tables
    where table_schema = 'depot' and table_type = 'BASE TABLE' order by 1;
"""

KEYS = r"""
SET plain "it's \"a\" value \x00\xff"
SETEX leaving 86400 soon
HSET hash "fi'eld" 1 other 2
RPUSH list a b c
SADD set x y z
ZADD sorted 1.5 one 2.5 two
XADD stream 1-1 k v
PFADD seen a b c
SELECT 3
SET elsewhere 1
"""
# A set is kept in no order, so its dump differs from one start of Redis to the next.
_SAID = """
SELECT {number}
EVAL "local found = {{}}; \
 for _, key in ipairs(redis.call('keys', '*')) do \
  local value = redis.call('dump', key); \
  if redis.call('type', key).ok == 'set' then \
   local members = redis.call('smembers', key); \
   table.sort(members); value = table.concat(members, ' ') \
  end; \
  local leaves = tostring(redis.call('ttl', key) > 0); \
  table.insert(found, key .. ' ' .. redis.sha1hex(value) .. ' ' .. leaves) \
 end; \
 table.sort(found); return found" 0
"""


_CLIENT = (
    'export MYSQL_PWD="$MYSQL_ROOT_PASSWORD"; exec "$(command -v mariadb || echo mysql)"'
    " -uroot --default-character-set=utf8mb4 --batch --raw --skip-column-names --unbuffered depot"
)


def sql(shop: Shop, script: str) -> str:
    """Run SQL in the database as root; return its output, bare."""
    return shop.inside("db", ["sh", "-c", _CLIENT], script.encode()).decode()


@contextmanager
def locked(shop: Shop, table: str) -> Iterator[Callable[[], None]]:
    """Have a table locked against all that read it; yield what lets it go."""
    (container,) = shop.replicas("db")
    argv = ["docker", "exec", "-i", shop.sandbox.container(shop.server), "docker", "exec", "-i"]
    argv += [container, "sh", "-c", _CLIENT]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"lock tables {table} write; select 'locked';\n")
        client.stdin.flush()
        assert client.stdout.readline() == "locked\n"
        yield client.stdin.close


def keys(shop: Shop, script: str) -> str:
    """Run commands in Redis; return what it says."""
    run = ["redis-cli", "--no-auth-warning", "-a", "pa ss'wo\"rd"]
    return shop.inside("cache", run, script.encode()).decode()


def content(shop: Shop) -> list[str]:
    """Return a description of the databases, line by line."""
    return [*sql(shop, _NAMES).splitlines(), *sql(shop, sql(shop, _SUMS)).splitlines()]


def keys_content(shop: Shop) -> str:
    """Return a description of all keys."""
    return "".join(keys(shop, _SAID.format(number=number)) for number in (0, 3))
