"""What a cluster of Postgres holds, in words that are the same for the same content."""

import json

from backups_come_back.shop import Shop

ODD = """w'ei"rd näme=1/2"""

FILLED = r"""
create role reader login password 'it''s "secret"';
create role "Ann-Marie o'Hara" nologin;
grant "Ann-Marie o'Hara" to reader;
create schema "sales Ünits";
create table notes (
    id bigserial primary key, text text not null, data bytea, at timestamptz default now()
);
insert into notes (text, data)
    select format(E'“%s”\n\t\\ '' "', n), decode(md5(n::text), 'hex')
    from generate_series(1, 500) n;
insert into notes (text, data) values ('', '\x00ff00'), ('日本語 🚢', null);
create table "sales Ünits"."it's ""a"" table" ("co'l" int references notes (id));
insert into "sales Ünits"."it's ""a"" table" select id from notes;
create table nothing (id int);
create sequence "odd seq" increment 7 start 21;
select nextval('"odd seq"'), nextval('"odd seq"');
create view latest as select max(id) from notes;
grant select on notes to reader;
grant usage on schema "sales Ünits" to "Ann-Marie o'Hara";
select lo_from_bytea(0, decode(repeat('00ff5c27', 100000), 'hex'));
alter database shop set work_mem = '5MB';
create database empty owner reader;
create database "w'ei""rd näme=1/2";
"""
SECOND = """
create table here (id int primary key, "näme" text);
insert into here values (1, 'odd'), (2, null);
"""

_DATABASES = "select datname from pg_database where not datistemplate order by 1"
_CLUSTER = """
select rolname, rolpassword, rolcanlogin, rolsuper from pg_authid
    where rolname !~ '^pg_' order by 1;
select roleid::regrole, member::regrole from pg_auth_members
    where member::regrole::text !~ '^pg_' order by 1, 2;
select datname, datdba::regrole, datacl, pg_encoding_to_char(encoding), datcollate
    from pg_database where not datistemplate order by 1;
select d.datname, s.setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase;
"""
_DATABASE = r"""
select n.nspname, c.relname, c.relkind, c.relowner::regrole, c.relacl
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2;
select nspname, nspacl from pg_namespace where nspname !~ '^pg_' order by 1;
select format('select %L, count(*), md5(string_agg(t::text, E''\n'' order by t::text))
               from %I.%I t',
              c.oid::regclass, n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by n.nspname, c.relname
\gexec
select format('select %L, last_value, is_called from %s', c.oid::regclass, c.oid::regclass)
    from pg_class c where c.relkind = 'S' order by 1
\gexec
select oid, md5(lo_get(oid)) from pg_largeobject_metadata order by 1;
"""


def fill(shop: Shop) -> None:
    """Make databases with all that is hard to keep."""
    shop.sql(FILLED)
    shop.sql(SECOND, ODD)
    shop.sql("create table kept (id int); insert into kept values (1)", "postgres")


def content(shop: Shop) -> dict[str, str]:
    """Return a description of the cluster and of each of its databases."""
    names = shop.sql(_DATABASES).splitlines()
    return {"": shop.sql(_CLUSTER), **{name: shop.sql(_DATABASE, name) for name in names}}


def shown(found: dict[str, str]) -> str:
    """Return it for a person who compares two of them."""
    return json.dumps(found, indent=1, ensure_ascii=False).replace("\\n", "\n")
