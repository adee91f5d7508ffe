#!/bin/sh
# Lets a server remove the WAL before a position; postgres_client.sh stands in front.
#   $1 container  $2 slot  $3 position, as 0/3000000
set -eu
client "$1" psql -XAtq -v ON_ERROR_STOP=1 -v slot="$2" -v to="$3" -d postgres <<'SQL'
select pg_replication_slot_advance(:'slot', :'to');
SQL
