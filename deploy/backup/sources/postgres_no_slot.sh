#!/bin/sh
# Lets a server keep WAL for nobody, where point-in-time recovery is no longer wanted;
# postgres_client.sh stands in front. Prints the names of slots that were there, a line each.
#   $1 container
set -eu
client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres <<'SQL'
select slot_name from pg_replication_slots where slot_name like 'slipway\_%' and not active;
\o /dev/null
select pg_drop_replication_slot(slot_name) from pg_replication_slots
where slot_name like 'slipway\_%' and not active;
SQL
