#!/bin/sh
# Proves a server that has recovered: it writes again, and all that its databases hold can be read. Then
# removes what it recovered by. Prints when its last transaction was.
#   $1 container  $2 as in postgres_unpack.sh
# postgres_client.sh stands in front.
set -eu
ask() { client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres; }
if [ "$(echo 'select pg_is_in_recovery()' | ask "$1")" != f ]; then
    echo "it takes connections, but still recovers" >&2
    exit 1
fi
client "$1" sh -c 'exec pg_dumpall >/dev/null' </dev/null
# shellcheck disable=SC2016 # for the shell in there
docker exec "$1" sh -c 'cd "${PGDATA:-$1}" && cat slipway_wal/postgresql.auto.conf >postgresql.auto.conf &&
    rm -r slipway_wal' sh "$2"
echo "select pg_last_xact_replay_timestamp() at time zone 'utc'" | ask "$1"
