#!/bin/sh
# Writes the WAL that a slot keeps, up to now, to stdout, a tar of whole segments and timeline history
# files; and to descriptor 3 what it is, a JSON object; postgres_client.sh stands in front.
#   $1 container  $2 slot
# `until` is a moment by the server's clock that the WAL reaches beyond: recovery goes by the times of
# commits, and ends in an error where none is later than its target. So a transaction of nothing is
# committed after the clock is read.
set -eu
said=$(client "$1" psql -XAtq -v ON_ERROR_STOP=1 -v slot="$2" -d postgres <<'SQL'
set synchronous_commit = off;
select extract(epoch from clock_timestamp()) as until \gset
select pg_current_xact_id() \g /dev/null
select pg_switch_wal() as switched \gset
select setting::bigint as size from pg_settings where name = 'wal_segment_size' \gset
select trunc(pg_wal_lsn_diff(restart_lsn, '0/0') / :size)::bigint as first,
    trunc((pg_wal_lsn_diff(:'switched', '0/0') - 1) / :size)::bigint as last,
    left(pg_walfile_name(:'switched'), 8) as timeline
from pg_replication_slots where slot_name = :'slot' \gset
select json_build_object('stream', :'slot', 'timeline', :'timeline', 'first', :first, 'last', :last,
                         'size', :size, 'until', :until);
select :last - :first + 1;
select setting from pg_settings where name = 'data_directory';
select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$' and starts_with(name, :'timeline')
    and ('x' || substr(name, 9, 8))::bit(32)::bigint * (4294967296 / :size)
        + ('x' || substr(name, 17, 8))::bit(32)::bigint between :first and :last
order by name;
select name from pg_ls_waldir() where name ~ '^[0-9A-F]{8}[.]history$';
SQL
)
names=$(echo "$said" | tail -n +4)
if [ "$(echo "$names" | grep -c '^[0-9A-F]\{24\}$')" -ne "$(echo "$said" | sed -n 2p)" ]; then
    echo "pg_wal lacks segments that slot $2 should keep; drop the slot: select pg_drop_replication_slot('$2')" >&2
    exit 1
fi
# shellcheck disable=SC2016,SC2086 # for the shell in there; one name a word
client "$1" sh -c 'cd "$1/pg_wal" && shift && exec tar -cf - "$@"' sh "$(echo "$said" | sed -n 3p)" $names </dev/null
echo "$said" | head -n 1 >&3
