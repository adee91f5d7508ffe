# shellcheck shell=sh
# patience: prints the SQL by which a session is ended for nothing that it does, or does not do: it
# waits for a dump, or counts a large table. Names that this version does not know are none.
patience() {
    cat <<'SQL'
select set_config(name, '0', false) from pg_settings
where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
\g /dev/null
SQL
}

# facts: prints the SQL that says what a database holds, and which roles a dump of it names, a JSON
# object a line.
facts() {
    cat <<'SQL'
select json_build_object('version', current_setting('server_version'));
select json_build_object('large_objects', count(*)) from pg_largeobject_metadata;
select json_build_object('roles', json_build_object(rolname, true)) from pg_roles r, pg_database here
where datname = current_database() and rolname !~ '^pg_' and (
    exists (select from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = here.oid)
    or exists (select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
               and (d.dbid = here.oid or (d.classid = 'pg_database'::regclass and d.objid = here.oid))))
order by rolname;
select format('select json_build_object(''rows'', json_build_object(%L, count(*))) from %I.%I',
              n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
                    and d.objid = c.oid and d.deptype = 'e')
order by 1
\gexec
SQL
}
