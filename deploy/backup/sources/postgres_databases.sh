#!/bin/sh
# Says which databases are to be dumped, a JSON string each; postgres_client.sh stands in front.
#   $1 container
# All but the templates; `postgres` only when somebody keeps tables in it.
set -eu
tables="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d template1 </dev/null \
    -c "select to_json(datname::text) from pg_database
        where datallowconn and not datistemplate and datname <> 'postgres' order by datname"
[ "$(client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres -c "$tables" </dev/null)" -eq 0 ] || echo '"postgres"'
