#!/bin/sh
# Sees that a replication slot keeps the WAL which no snapshot has yet; postgres_client.sh stands in
# front.  $1 container  $2 the end of a new slot's name: small letters, digits, _
# Prints a JSON object: `slot`, whether it is `new`, the number of the `first` segment that it keeps,
# and how many bytes it has `kept` so far. A slot is good for one timeline, which its name tells. One
# that has lost WAL, or is of another timeline, goes: what it had cannot be continued.
set -eu
ask() { client "$1" psql -XAtq -v ON_ERROR_STOP=1 -v token="$2" -d postgres; }
version=$(echo 'show server_version_num' | ask "$1" "$2")
if [ "$version" -lt 130000 ]; then
    echo "point-in-time recovery needs Postgres 13 or newer" >&2
    exit 1
fi
elsewhere=$(echo "select spcname from pg_tablespace where spcname !~ '^pg_'" | ask "$1" "$2")
if [ -n "$elsewhere" ]; then
    echo "pg_basebackup cannot stream tablespaces of their own, as" "$elsewhere" >&2
    exit 1
fi
ask "$1" "$2" <<'SQL'
select 'slipway_' || lower(ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0')) || '_' as prefix
\gset
\o /dev/null
select pg_drop_replication_slot(slot_name) from pg_replication_slots
where starts_with(slot_name, 'slipway_') and not active
    and (wal_status = 'lost' or restart_lsn is null or not starts_with(slot_name, :'prefix'));
select pg_create_physical_replication_slot(:'prefix' || :'token', immediately_reserve := true)
where not exists (select from pg_replication_slots where starts_with(slot_name, :'prefix'));
\o
select json_build_object(
    'slot', slot_name,
    'new', slot_name = :'prefix' || :'token',
    'first', trunc(pg_wal_lsn_diff(restart_lsn, '0/0') / setting::bigint)::bigint,
    'kept', pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint)
from pg_replication_slots, pg_settings
where starts_with(slot_name, :'prefix') and name = 'wal_segment_size'
order by slot_name desc limit 1;
SQL
